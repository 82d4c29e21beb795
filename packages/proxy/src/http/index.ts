import type { Result } from '@lateen/kit';
import type { HcmConfig, HttpDependencies, NetworkFilter } from './types.ts';

export type * from './types.ts';

/**
 * Builds the network filter of one HttpConnectionManager. `value` is undefined when `problems` has an error;
 * `path` is where `config` stands in the configuration, for the problems' field paths.
 */
export function createHttpConnectionManager(
  _config: HcmConfig,
  _deps: HttpDependencies,
  _path = '',
): Result<NetworkFilter | undefined> {
  throw new Error('not there yet');
}
