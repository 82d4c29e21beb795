import type {
  ConsistentHash,
  LoadBalancerSettings,
  LocalityLoadBalancerSetting,
} from '@lateen/api/istio/destination-rule';
import type { Balancing, HashPolicy, LocalityPolicy } from '../../ir/destination.ts';
import type { Compiling } from '../context.ts';

export function compileBalancing(settings: LoadBalancerSettings, path: string, to: Compiling): Balancing {
  return {
    simple: simpleOf(settings.simple),
    hash: settings.consistentHash && compileHash(settings.consistentHash, `${path}.consistentHash`, to),
    locality: settings.localityLbSetting && compileLocality(settings.localityLbSetting),
    warmup: compileWarmup(settings, path, to),
  };
}

function simpleOf(name: string | undefined): Balancing['simple'] {
  switch (name) {
    case 'ROUND_ROBIN':
    case 'RANDOM':
    case 'PASSTHROUGH':
    case 'LEAST_REQUEST':
      return name;
    case 'LEAST_CONN':
      return 'LEAST_REQUEST';
    default:
      return undefined;
  }
}

function compileWarmup(settings: LoadBalancerSettings, path: string, to: Compiling): Balancing['warmup'] {
  const old = to.duration(settings.warmupDurationSecs, `${path}.warmupDurationSecs`);
  const { warmup } = settings;
  if (!warmup) return old === undefined ? undefined : { duration: old };
  const duration = to.duration(warmup.duration, `${path}.warmup.duration`);
  if (duration === undefined) return undefined;
  return { duration, minimumPercent: warmup.minimumPercent, aggression: warmup.aggression };
}

function compileHash(hash: ConsistentHash, path: string, to: Compiling): HashPolicy {
  const { httpCookie: cookie } = hash;
  return {
    header: hash.httpHeaderName || undefined,
    cookie: cookie && {
      name: cookie.name ?? '',
      path: cookie.path || undefined,
      ttl: to.duration(cookie.ttl, `${path}.httpCookie.ttl`),
      attributes: (cookie.attributes ?? []).map(({ name = '', value = '' }) => ({ name, value })),
    },
    sourceIp: hash.useSourceIp || undefined,
    queryParameter: hash.httpQueryParameterName || undefined,
    ring: ringOf(hash),
  };
}

function ringOf(hash: ConsistentHash): HashPolicy['ring'] {
  if (hash.maglev) return { kind: 'maglev', tableSize: number64(hash.maglev.tableSize) };
  return { kind: 'ring', minimumSize: number64(hash.ringHash?.minimumRingSize ?? hash.minimumRingSize) };
}

function number64(value: number | string | undefined): string | undefined {
  return value ? String(value) : undefined;
}

export function compileLocality(setting: LocalityLoadBalancerSetting): LocalityPolicy {
  return {
    enabled: setting.enabled,
    distribute: (setting.distribute ?? []).map(({ from = '', to = {} }) => ({ from, to })),
    failover: (setting.failover ?? []).map(({ from = '', to = '' }) => ({ from, to })),
    failoverPriority: setting.failoverPriority ?? [],
  };
}
