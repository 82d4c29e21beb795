import type { ClusterManager } from '../../upstream/types.ts';

/** What operators may ask about besides the stream itself. */
export interface FormatEnvironment {
  readonly clusters: Pick<ClusterManager, 'get'>;
  readonly hostname: string;
  /** `%ENVIRONMENT(X)%`. */
  readonly variable: (name: string) => string | undefined;
  readonly now: () => number;
  readonly monotonic: () => number;
}
