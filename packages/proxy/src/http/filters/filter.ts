import type { Buffer } from 'node:buffer';
import type { Problem } from '@lateen/kit';
import type { StatsScope } from '../../telemetry/stats.ts';
import type { ResponseHeaders } from '../header-list.ts';
import type { Stream } from '../stream.ts';
import type { HttpDependencies, Message } from '../types.ts';

/** `stop` holds the request until the filter calls `stream.continueRequest()` or answers itself. */
export type FilterStatus = 'continue' | 'stop';

/** One filter's part in one request. Only what a filter has is called. */
export interface HttpFilter {
  onRequestHeaders?(stream: Stream, end: boolean): FilterStatus;
  onResponseHeaders?(stream: Stream, headers: ResponseHeaders, end: boolean): void;
  /**
   * Returns what goes on towards the client; undefined when the filter keeps the bytes and will hand them on with
   * `stream.sendFilteredBody`.
   */
  onResponseBody?(stream: Stream, data: Buffer, end: boolean): Buffer | undefined;
  /** The request is over, however it ended. */
  onDestroy?(stream: Stream): void;
}

/** A filter of a chain, compiled when the configuration was applied. */
export interface CompiledFilter {
  /** Name in the chain, by which routes address their own configuration. */
  readonly name: string;
  readonly typeUrl: string;
  readonly disabled: boolean;
  /** The filter for one request; one object may serve all when it keeps no state. */
  create(stream: Stream, perRoute: unknown): HttpFilter | undefined;
}

export interface FilterEnvironment {
  readonly deps: HttpDependencies;
  /** `http.PREFIX.` */
  readonly stats: StatsScope;
  readonly problems: Problem[];
}

/** What the list of filters knows of each kind. */
export interface FilterKind {
  /** Message types of its configuration, without the type URL's prefix. */
  readonly types: readonly string[];
  /** Builds the creator of the chain's filter. */
  compile(config: Message, path: string, environment: FilterEnvironment): CompiledFilter['create'];
  /** Types and compiler of its configuration on routes; the result reaches `create`. */
  readonly routeTypes?: readonly string[];
  compileRoute?(config: Message, path: string, compilation: RouteFilterCompilation): unknown;
}

export interface RouteFilterCompilation {
  readonly deps: Pick<HttpDependencies, 'compileFormat' | 'runtime' | 'random'>;
  readonly problems: Problem[];
}
