import type { Clock, Log } from '@lateen/kit';
import type { StatsScope } from '../../telemetry/stats.ts';
import type { Assignment } from '../endpoints.ts';
import type { Message } from '../problems.ts';
import type { DynamicTarget } from './target.ts';

export interface DynamicEnvironment {
  readonly server: DynamicTarget;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: StatsScope;
}

/** Configuration that an xDS server sends. */
export interface DynamicConfig {
  endpoints(
    service: string,
    source: Message,
    deliver: (assignment: Assignment) => void,
    giveUp: () => void,
  ): () => void;
  routes(name: string, source: Message, giveUp: () => void): () => void;
  /** Asks for clusters, then for listeners; resolves when the first clusters are warm. */
  start(): Promise<void>;
  /** Resolves when the first listeners listen. */
  firstListeners(): Promise<void>;
  close(): void;
}

export function startDynamicConfig(_bootstrap: Message, _environment: DynamicEnvironment): DynamicConfig {
  return {
    endpoints: (_service, _source, _deliver, giveUp) => {
      giveUp();
      return () => {};
    },
    routes: (_name, _source, giveUp) => {
      giveUp();
      return () => {};
    },
    start: async () => {},
    firstListeners: async () => {},
    close: () => {},
  };
}
