import type { Clock } from '@lateen/kit';
import type { Random } from '../http/types.ts';
import type { RuntimeCluster } from '../upstream/cluster.ts';
import type { BufferPool } from './read-buffers.ts';

export interface TcpEnvironment {
  readonly clusters: { get(name: string): RuntimeCluster | undefined };
  readonly clock: Clock;
  readonly random: Random;
  readonly buffers: BufferPool;
}
