import type { Problem } from '@lateen/kit';
import { join } from '../http/config/values.ts';
import { compilePerFilterConfigs } from '../http/filters/per-route.ts';
import type { HttpDependencies, Message } from '../http/types.ts';
import { compileHeaderOps } from './header-ops.ts';
import type { ConfigLevel } from './types.ts';

export type CompileDependencies = Pick<
  HttpDependencies,
  'compileFormat' | 'runtime' | 'random' | 'knowsCluster' | 'clusters'
>;

/** What every compiler of a part of a route configuration needs. */
export interface Compilation {
  readonly deps: CompileDependencies;
  readonly problems: Problem[];
  readonly validateClusters: boolean;
}

/** Header mutations and filter configuration of one level. */
export function compileLevel(message: Message, path: string, compilation: Compilation): ConfigLevel {
  const { problems, deps } = compilation;
  return {
    request: compileHeaderOps(
      message.requestHeadersToAdd,
      message.requestHeadersToRemove,
      deps.compileFormat,
      join(path, 'requestHeaders'),
      problems,
    ),
    response: compileHeaderOps(
      message.responseHeadersToAdd,
      message.responseHeadersToRemove,
      deps.compileFormat,
      join(path, 'responseHeaders'),
      problems,
    ),
    perFilter: compilePerFilterConfigs(
      message.typedPerFilterConfig,
      join(path, 'typedPerFilterConfig'),
      compilation,
    ),
  };
}
