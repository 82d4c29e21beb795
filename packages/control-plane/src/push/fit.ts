import type { ProxyNode, XdsResource } from '../translate.ts';

/** Node metadata by which our agent says what its proxy lacks. */
export const lacks = {
  /** Envoy's own builds have none of the filters that Istio's build adds. */
  istioFilters: 'LATEEN_PLAIN_ENVOY',
  /** Nobody gives this proxy a certificate, so nothing may wait for one. */
  identity: 'LATEEN_NO_IDENTITY',
} as const;

type Json = Record<string, any>;
type Change = (resource: Json) => Json;

/** `change` applied to every element; the same list when nothing changed. */
function mapped<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const changed = list.map(change);
  return changed.some((item, index) => item !== list[index]) ? changed : list;
}

function filtered<T>(list: readonly T[], keep: (item: T) => boolean): readonly T[] {
  const kept = list.filter(keep);
  return kept.length === list.length ? list : kept;
}

function set(object: Json, key: string, value: any): Json {
  if (value === object[key]) return object;
  if (Array.isArray(value) && value.length === 0) {
    const { [key]: _gone, ...rest } = object;
    return rest;
  }
  return { ...object, [key]: value };
}

const isIstioFilter = (filter: Json) => String(filter.name).startsWith('istio.');

function plainFilters(filters: readonly Json[]): readonly Json[] {
  return mapped(
    filtered(filters, (filter) => !isIstioFilter(filter)),
    (filter) => {
      const config = filter.typedConfig;
      if (!config?.httpFilters) return filter;
      return set(
        filter,
        'typedConfig',
        set(
          config,
          'httpFilters',
          filtered(config.httpFilters as Json[], (item) => !isIstioFilter(item)),
        ),
      );
    },
  );
}

const plainChain = (chain: Json) =>
  chain.filters ? set(chain, 'filters', plainFilters(chain.filters)) : chain;

/** A listener or cluster without Istio's own filters. */
const withoutIstioFilters: Change = (resource) => {
  let result = resource;
  if (resource.filters) result = set(result, 'filters', plainFilters(resource.filters));
  if (resource.filterChains)
    result = set(result, 'filterChains', mapped(resource.filterChains as Json[], plainChain));
  if (resource.defaultFilterChain)
    result = set(result, 'defaultFilterChain', plainChain(resource.defaultFilterChain));
  return result;
};

/** True of a TLS socket that presents the workload's own certificate. */
function needsIdentity(socket: Json | undefined): boolean {
  const secrets: Json[] = socket?.typedConfig?.commonTlsContext?.tlsCertificateSdsSecretConfigs ?? [];
  return secrets.some((secret) => secret.name === 'default');
}

/** A listener or cluster without mutual TLS between workloads; plaintext beside it stays. */
const withoutIdentity: Change = (resource) => {
  let result = resource;
  if (resource.transportSocketMatches) {
    const matches = filtered(
      resource.transportSocketMatches as Json[],
      (match) => !needsIdentity(match.transportSocket),
    );
    result = set(
      result,
      'transportSocketMatches',
      matches.every((match) => match.transportSocket?.name?.endsWith('raw_buffer')) ? [] : matches,
    );
  }
  if (resource.filterChains) {
    result = set(
      result,
      'filterChains',
      filtered(resource.filterChains as Json[], (chain) => !needsIdentity(chain.transportSocket)),
    );
  }
  return result;
};

/** Fits resources to what a proxy can do. Each object is changed once, so that equal inputs stay equal objects. */
export function createFitter(): (
  node: ProxyNode,
  resources: readonly XdsResource[],
) => readonly XdsResource[] {
  const filters = memoize(withoutIstioFilters);
  const identity = memoize(withoutIdentity);
  return (node, resources) => {
    let fitted = resources;
    if (node.metadata[lacks.identity]) fitted = mapped(fitted, identity as never);
    if (node.metadata[lacks.istioFilters]) fitted = mapped(fitted, filters as never);
    return fitted;
  };
}

function memoize(change: Change): Change {
  const known = new WeakMap<Json, Json>();
  return (resource) => {
    let result = known.get(resource);
    if (!result) {
      result = change(resource);
      known.set(resource, result);
    }
    return result;
  };
}
