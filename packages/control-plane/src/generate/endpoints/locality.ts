import type { LocalityPolicy } from '../../ir/destination.ts';
import type { Endpoint, Locality } from '../../ir/service.ts';

/** Endpoints of one place, with the share and rank that they get. */
export interface LocalityGroup {
  readonly locality: Locality;
  readonly endpoints: readonly Endpoint[];
  readonly weight: number;
  readonly priority: number;
}

export function byLocality(endpoints: readonly Endpoint[]): LocalityGroup[] {
  const groups = new Map<string, { locality: Locality; endpoints: Endpoint[] }>();
  for (const endpoint of endpoints) {
    const key = localityKey(endpoint.locality);
    const group = groups.get(key) ?? { locality: endpoint.locality, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpoint);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { locality, endpoints }]) => ({ locality, endpoints, weight: total(endpoints), priority: 0 }));
}

export function localityKey({ region, zone, subZone }: Locality): string {
  return subZone ? `${region}/${zone}/${subZone}` : zone ? `${region}/${zone}` : region;
}

function total(endpoints: readonly Endpoint[]): number {
  return endpoints.reduce((sum, endpoint) => sum + endpoint.weight, 0);
}

/** Shares by the client's place where the policy names them; otherwise nearer places first, if failing over is on. */
export function applyLocality(
  groups: readonly LocalityGroup[],
  policy: LocalityPolicy | undefined,
  client: Locality,
  labels: Readonly<Record<string, string>>,
  failover: boolean,
): LocalityGroup[] {
  if (!policy || policy.enabled === false || client.region === '') return [...groups];
  const shares = policy.distribute.find((entry) => localityMatches(entry.from, client));
  if (shares) return distribute(groups, shares.to);
  if (!failover) return [...groups];
  return policy.failoverPriority.length > 0
    ? byLabels(groups, policy.failoverPriority, client, labels)
    : compact(groups.map((group) => ({ ...group, priority: distance(client, group.locality, policy) })));
}

function distribute(groups: readonly LocalityGroup[], to: Readonly<Record<string, number>>): LocalityGroup[] {
  const result: LocalityGroup[] = [];
  const left = new Set(groups);
  for (const [pattern, share] of Object.entries(to).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const matching = [...left].filter((group) => localityMatches(pattern, group.locality));
    const sum = matching.reduce((all, group) => all + group.weight, 0);
    for (const group of matching) {
      left.delete(group);
      const weight = Math.round((group.weight * share) / sum);
      if (weight > 0) result.push({ ...group, weight });
    }
  }
  return result;
}

/** Whether `pattern` (`region/zone/*`) covers a locality. */
function localityMatches(pattern: string, locality: Locality): boolean {
  if (pattern === '*') return true;
  const [region, zone, subZone] = pattern.split('/');
  if (region !== locality.region) return false;
  if (zone === undefined || zone === '*') return true;
  if (zone !== locality.zone) return false;
  return subZone === undefined || subZone === '*' || subZone === locality.subZone;
}

function distance(client: Locality, place: Locality, policy: LocalityPolicy): number {
  if (client.region === place.region) {
    if (client.zone !== place.zone) return 2;
    return client.subZone === place.subZone ? 0 : 1;
  }
  const rule = policy.failover.find((entry) => entry.from === client.region);
  return !rule || rule.to === place.region ? 3 : 4;
}

/** Ranks without gaps, as Envoy wants them. */
function compact(groups: readonly LocalityGroup[]): LocalityGroup[] {
  const ranks = [...new Set(groups.map((group) => group.priority))].sort((a, b) => a - b);
  return groups.map((group) => ({ ...group, priority: ranks.indexOf(group.priority) }));
}

/** The more leading labels an endpoint shares with the client, the earlier it is used. */
function byLabels(
  groups: readonly LocalityGroup[],
  keys: readonly string[],
  client: Locality,
  labels: Readonly<Record<string, string>>,
): LocalityGroup[] {
  const own = withPlace(labels, client);
  const split: LocalityGroup[] = [];
  for (const group of groups) {
    const ranks = new Map<number, Endpoint[]>();
    for (const endpoint of group.endpoints) {
      const rank = keys.length - sharedLabels(keys, own, withPlace(endpoint.labels, endpoint.locality));
      ranks.set(rank, [...(ranks.get(rank) ?? []), endpoint]);
    }
    for (const [priority, endpoints] of ranks)
      split.push({ ...group, endpoints, weight: total(endpoints), priority });
  }
  return compact(split);
}

function sharedLabels(
  keys: readonly string[],
  own: Record<string, string>,
  other: Record<string, string>,
): number {
  let count = 0;
  for (const key of keys) {
    const [name, value] = key.split('=', 2) as [string, string?];
    if ((value ?? own[name] ?? '') !== (other[name] ?? '')) break;
    count++;
  }
  return count;
}

function withPlace(labels: Readonly<Record<string, string>>, locality: Locality): Record<string, string> {
  return {
    ...labels,
    'topology.kubernetes.io/region': locality.region,
    'topology.kubernetes.io/zone': locality.zone,
    'topology.istio.io/subzone': locality.subZone,
  };
}
