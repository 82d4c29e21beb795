import type { Problem, Result } from '@lateen/kit';
import type { HttpDependencies, Message, RouteTableValue } from '../http/types.ts';

export interface RouteCompileOptions {
  readonly path: string;
  /** Refuse routes to unknown clusters; defaults to the message's `validateClusters` (static configuration: true unless it says false). */
  readonly validateClusters?: boolean;
}

/** Compiles a RouteConfiguration (canonical JSON, validated) into what the router matches on; used for RDS updates and inline `routeConfig`. */
export function compileRouteConfiguration(
  _message: Message,
  _deps: Pick<HttpDependencies, 'compileFormat' | 'runtime' | 'random' | 'knowsCluster' | 'clusters'>,
  _options: RouteCompileOptions,
): Result<RouteTableValue | undefined> {
  const problems: Problem[] = [];
  return { value: undefined, problems };
}
