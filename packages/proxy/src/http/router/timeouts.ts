import type { ForwardAction } from '../../route/types.ts';
import { formatGrpcTimeout, grpcTimeout } from '../grpc.ts';
import type { RequestHeaders } from '../header-list.ts';

/** Milliseconds; 0 is for ever. */
export interface Timeouts {
  readonly global: number;
  readonly perTry: number;
  readonly perTryIdle: number;
  /** `grpc-timeout` is rewritten to what is expected. */
  readonly rewriteGrpc: boolean;
  /** The upstream may use the whole time even when tries are limited. */
  readonly hedged: boolean;
  /** The longest that an attempt may take. */
  readonly maxDuration: number;
}

/** How long the upstream may take, from the route and from headers of the request, which are taken away. */
export function readTimeouts(
  action: ForwardAction,
  headers: RequestHeaders,
  grpc: boolean,
  respectExpected: boolean,
  clusterDuration: number,
): Timeouts {
  const oldGrpc = grpc && !action.limitsDuration && action.maxGrpcTimeout !== undefined;
  let global = oldGrpc ? oldGrpcTimeout(action, headers) : action.limitsDuration ? 0 : action.timeout;
  const expected = respectExpected ? headers.first('x-envoy-expected-rq-timeout-ms') : undefined;
  const name = expected === undefined ? 'x-envoy-upstream-rq-timeout-ms' : 'x-envoy-expected-rq-timeout-ms';
  const text = headers.first(name);
  if (text !== undefined) {
    global = wholeNumber(text) ?? global;
    if (expected === undefined) headers.remove(name);
  }
  let perTry = action.retry.perTryTimeout;
  const perTryText = headers.first('x-envoy-upstream-rq-per-try-timeout-ms');
  if (perTryText !== undefined) {
    perTry = wholeNumber(perTryText) ?? perTry;
    headers.remove('x-envoy-upstream-rq-per-try-timeout-ms');
  }
  if (perTry >= global && global !== 0) perTry = 0;
  const hedged = headers.first('x-envoy-hedge-on-per-try-timeout') === 'true';
  const duration = headers.first('x-envoy-upstream-stream-duration-ms');
  if (duration !== undefined) headers.remove('x-envoy-upstream-stream-duration-ms');
  return {
    global,
    perTry,
    perTryIdle: action.retry.perTryIdleTimeout,
    rewriteGrpc: oldGrpc,
    hedged,
    maxDuration: wholeNumber(duration ?? '') ?? clusterDuration,
  };
}

function oldGrpcTimeout(action: ForwardAction, headers: RequestHeaders): number {
  let timeout = grpcTimeout(headers.first('grpc-timeout')) ?? 0;
  if (action.grpcTimeoutOffset < timeout) timeout -= action.grpcTimeoutOffset;
  const max = action.maxGrpcTimeout!;
  return max !== 0 && (timeout === 0 || timeout > max) ? max : timeout;
}

export function wholeNumber(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Tells the upstream how long it is waited for, after `elapsed` milliseconds. */
export function writeTimeoutHeaders(
  timeouts: Timeouts,
  headers: RequestHeaders,
  elapsed: number,
  tell: boolean,
): void {
  const { global, perTry } = timeouts;
  let expected = perTry === 0 || timeouts.hedged ? global : perTry;
  if (expected === 0) return;
  if (global > 0) expected = elapsed >= global ? 1 : Math.min(expected, global - elapsed);
  const text = String(Math.max(1, Math.trunc(expected)));
  if (tell) headers.set('x-envoy-expected-rq-timeout-ms', text);
  if (timeouts.rewriteGrpc) headers.set('grpc-timeout', formatGrpcTimeout(Number(text)));
}
