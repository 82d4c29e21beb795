import type { Problem } from '@lateen/kit';
import type { Message } from '../config/problems.ts';
import { typeName } from '../config/values.ts';
import type { NetworkFilter } from '../http/types.ts';
import { FilterChainMatcher } from './filter-chain-match.ts';
import { createNetworkFilter, type NetworkFilterDependencies } from './network-filters.ts';

/** One filter chain at work. */
export interface Chain {
  readonly name: string;
  /** As configured; chains that say the same live on across updates. */
  readonly text: string;
  readonly filter: NetworkFilter;
  /** Set when its connections have to be refused, with the reason. */
  readonly refuse: string | undefined;
}

export interface Chains {
  readonly matcher: FilterChainMatcher<Chain>;
  readonly all: readonly Chain[];
}

/** Builds the filter chains of a listener; those of `previous` that did not change are taken over. */
export function createChains(
  message: Message,
  previous: readonly Chain[],
  deps: NetworkFilterDependencies,
  path: string,
): { readonly value: Chains | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const matcher = new FilterChainMatcher<Chain>();
  const all: Chain[] = [];
  const old = new Map(previous.map((chain) => [chain.text, chain]));
  const build = (config: Message, where: string): Chain | undefined => {
    const text = JSON.stringify(config);
    const kept = old.get(text);
    const chain = kept ?? createChain(config, text, deps, where, problems);
    if (chain) all.push(chain);
    return chain;
  };
  for (const [index, config] of (message.filterChains ?? []).entries()) {
    const where = join(path, `filter_chains[${index}]`);
    const chain = build(config, where);
    const clash = chain && matcher.add(config.filterChainMatch, chain);
    if (clash) problems.push(clashProblem(clash, chain, message, where));
  }
  if (message.defaultFilterChain) {
    const chain = build(message.defaultFilterChain, join(path, 'default_filter_chain'));
    if (chain) matcher.setDefault(chain);
  }
  if (problems.length === 0) return { value: { matcher, all }, problems };
  for (const chain of all) if (!previous.includes(chain)) chain.filter.close();
  return { value: undefined, problems };
}

const join = (path: string, field: string) => (path === '' ? field : `${path}.${field}`);

function createChain(
  config: Message,
  text: string,
  deps: NetworkFilterDependencies,
  where: string,
  problems: Problem[],
): Chain | undefined {
  const filter = createNetworkFilter(config.filters ?? [], deps, where);
  problems.push(...filter.problems);
  const refuse = refusal(config.transportSocket, where, problems);
  return filter.value && { name: config.name ?? '', text, filter: filter.value, refuse };
}

function refusal(socket: Message | undefined, where: string, problems: Problem[]): string | undefined {
  const type = typeName(socket?.typedConfig);
  if (!socket || type.endsWith('.RawBuffer')) return undefined;
  if (type.endsWith('.DownstreamTlsContext')) return 'TLS is not supported yet';
  problems.push({
    code: 'Unsupported',
    severity: 'error',
    path: `${where}.transport_socket`,
    message: `transport socket ${type || socket.name} is not supported by this proxy`,
  });
  return undefined;
}

function clashProblem(clash: Chain | string, chain: Chain, message: Message, where: string): Problem {
  const text =
    typeof clash === 'string'
      ? clash
      : `filter chain '${chain.name}' has the same matching rules defined as '${clash.name}'`;
  return {
    code: 'Duplicate',
    severity: 'error',
    path: `${where}.filter_chain_match`,
    message: `error adding listener '${message.name ?? ''}': ${text}`,
  };
}
