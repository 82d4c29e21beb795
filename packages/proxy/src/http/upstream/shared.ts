import type { Clock } from '@lateen/kit';
import type { ClusterManager } from '../../upstream/types.ts';
import { PoolManager } from './pools.ts';

/** Pools belong to a cluster manager: all connection managers above it share them. */
export function poolsOf(clusters: ClusterManager, clock: Clock): PoolManager {
  const found = clusters.httpPools;
  if (found instanceof PoolManager) return found;
  const pools = new PoolManager(clock);
  clusters.httpPools = pools;
  return pools;
}
