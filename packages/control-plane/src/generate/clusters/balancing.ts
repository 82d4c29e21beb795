import type { Balancing } from '../../ir/destination.ts';
import { defined, duration, type Json } from '../context.ts';

/** How endpoints are chosen. */
export function balancingFields(balancing: Balancing | undefined): Json {
  if (balancing?.hash) return hashFields(balancing);
  const slowStart = slowStartConfig(balancing?.warmup);
  switch (balancing?.simple) {
    case 'ROUND_ROBIN':
      return defined({
        lbPolicy: undefined,
        roundRobinLbConfig: slowStart && { slowStartConfig: slowStart },
      });
    case 'RANDOM':
      return { lbPolicy: 'RANDOM' };
    case 'PASSTHROUGH':
      return { lbPolicy: 'CLUSTER_PROVIDED' };
    default:
      return defined({
        lbPolicy: 'LEAST_REQUEST',
        leastRequestLbConfig: slowStart && { slowStartConfig: slowStart },
      });
  }
}

function hashFields(balancing: Balancing): Json {
  const ring = balancing.hash!.ring;
  if (ring.kind === 'maglev') {
    return {
      lbPolicy: 'MAGLEV',
      ...(ring.tableSize ? { maglevLbConfig: { tableSize: ring.tableSize } } : {}),
    };
  }
  return { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: ring.minimumSize ?? '1024' } };
}

/** Envoy demands a runtime key beside the value; nothing sets it. */
const aggressionKey = 'upstream.slow_start.aggression';

function slowStartConfig(warmup: Balancing['warmup']): Json | undefined {
  if (!warmup) return undefined;
  return defined({
    slowStartWindow: duration(warmup.duration),
    aggression:
      warmup.aggression === undefined
        ? undefined
        : { defaultValue: warmup.aggression, runtimeKey: aggressionKey },
    minWeightPercent: { value: warmup.minimumPercent ?? 10 },
  });
}
