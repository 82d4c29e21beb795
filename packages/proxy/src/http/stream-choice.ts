import type { Match } from '../route/types.ts';
import type { CompiledFilter } from './filters/filter.ts';
import type { RequestHeaders } from './header-list.ts';
import type { Stream } from './stream.ts';

/** The filters of this request's kind; undefined when its upgrade is not allowed. */
export function chainOf(stream: Stream): readonly CompiledFilter[] | undefined {
  const { manager, match } = stream;
  const wanted = stream.upgrade ?? (stream.request.method === 'CONNECT' ? 'connect' : undefined);
  if (wanted === undefined) return manager.chain;
  if (wanted === 'connect' && match === undefined) return manager.chain;
  const action = match?.route.action;
  const onRoute = action?.kind === 'forward' ? action.upgrades.get(wanted)?.enabled : undefined;
  const configured = manager.upgradeChains.get(wanted);
  const enabled = onRoute ?? configured?.enabled ?? false;
  return enabled ? (configured?.chain ?? manager.chain) : undefined;
}

/** Name of the cluster that a match leads to; empty when it leads to none. */
export function clusterNameOf(match: Match, request: RequestHeaders): string {
  const { action } = match.route;
  if (action.kind !== 'forward') return '';
  const { weighted } = match;
  if (weighted !== undefined) return weighted.name ?? request.first(weighted.header ?? '') ?? '';
  return action.cluster ?? request.first(action.clusterHeader ?? '') ?? '';
}
