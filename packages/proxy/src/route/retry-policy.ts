import type { Problem } from '@lateen/kit';
import { duration, join, optionalDuration, problem } from '../http/config/values.ts';
import type { Message } from '../http/types.ts';
import { compileHeaderMatches, type HeaderTest } from './header-match.ts';

/** Bits of `retry_on` and `x-envoy-retry-on`. */
export const RetryOn = {
  fiveXx: 1,
  gatewayError: 2,
  reset: 4,
  resetBeforeRequest: 8,
  connectFailure: 16,
  envoyRateLimited: 32,
  retriable4xx: 64,
  refusedStream: 128,
  retriableStatusCodes: 256,
  retriableHeaders: 512,
  grpcCancelled: 1024,
  grpcDeadlineExceeded: 2048,
  grpcInternal: 4096,
  grpcResourceExhausted: 8192,
  grpcUnavailable: 16384,
} as const;

const httpWords: Readonly<Record<string, number>> = {
  '5xx': RetryOn.fiveXx,
  'gateway-error': RetryOn.gatewayError,
  reset: RetryOn.reset,
  'reset-before-request': RetryOn.resetBeforeRequest,
  'connect-failure': RetryOn.connectFailure,
  'envoy-ratelimited': RetryOn.envoyRateLimited,
  'retriable-4xx': RetryOn.retriable4xx,
  'refused-stream': RetryOn.refusedStream,
  'retriable-status-codes': RetryOn.retriableStatusCodes,
  'retriable-headers': RetryOn.retriableHeaders,
};

const grpcWords: Readonly<Record<string, number>> = {
  cancelled: RetryOn.grpcCancelled,
  'deadline-exceeded': RetryOn.grpcDeadlineExceeded,
  internal: RetryOn.grpcInternal,
  'resource-exhausted': RetryOn.grpcResourceExhausted,
  unavailable: RetryOn.grpcUnavailable,
};

export interface RateLimitedBackOff {
  readonly headers: readonly { readonly name: string; readonly format: 'SECONDS' | 'UNIX_TIMESTAMP' }[];
  readonly maxInterval: number;
}

/** A retry policy; times in milliseconds, 0 is none. */
export interface RetryPolicy {
  readonly on: number;
  readonly retries: number;
  readonly perTryTimeout: number;
  readonly perTryIdleTimeout: number;
  readonly statusCodes: readonly number[];
  readonly headers: readonly HeaderTest[];
  readonly requestHeaders: readonly HeaderTest[];
  readonly baseInterval: number;
  readonly maxInterval: number;
  readonly rateLimited: RateLimitedBackOff | undefined;
  readonly avoidPrevious: boolean;
  readonly omitCanary: boolean;
  readonly selectionAttempts: number;
}

export const noRetries: RetryPolicy = {
  on: 0,
  retries: 1,
  perTryTimeout: 0,
  perTryIdleTimeout: 0,
  statusCodes: [],
  headers: [],
  requestHeaders: [],
  baseInterval: 25,
  maxInterval: 250,
  rateLimited: undefined,
  avoidPrevious: false,
  omitCanary: false,
  selectionAttempts: 1,
};

/** Words that are not known are passed over, as Envoy does. */
export function parseRetryOn(words: string): number {
  return parseWords(words, httpWords) | parseWords(words, grpcWords);
}

export function parseHttpRetryOn(words: string): number {
  return parseWords(words, httpWords);
}

export function parseGrpcRetryOn(words: string): number {
  return parseWords(words, grpcWords);
}

function parseWords(words: string, table: Readonly<Record<string, number>>): number {
  let bits = 0;
  for (const word of words.split(',')) bits |= table[word.trim()] ?? 0;
  return bits;
}

const supported: ReadonlySet<string> = new Set(
  `retryOn numRetries perTryTimeout perTryIdleTimeout retriableStatusCodes retriableHeaders retriableRequestHeaders
retryBackOff rateLimitedRetryBackOff retryHostPredicate hostSelectionRetryMaxAttempts retryPriority`.split(
    /\s+/,
  ),
);

export function compileRetryPolicy(
  policy: Message | undefined,
  path: string,
  problems: Problem[],
): RetryPolicy {
  if (policy === undefined) return noRetries;
  for (const key of Object.keys(policy)) {
    if (!supported.has(key))
      problems.push(problem(join(path, key), 'is not supported by this proxy yet; remove it'));
  }
  const predicates = readPredicates(
    policy.retryHostPredicate ?? [],
    join(path, 'retryHostPredicate'),
    problems,
  );
  const base = Math.max(1, optionalDuration(policy.retryBackOff?.baseInterval) ?? 25);
  const max = optionalDuration(policy.retryBackOff?.maxInterval) ?? base * 10;
  if (max < base)
    problems.push(
      problem(
        join(path, 'retryBackOff'),
        'retry_policy.max_interval must greater than or equal to the base_interval',
      ),
    );
  return {
    on: parseRetryOn(policy.retryOn ?? ''),
    retries: policy.numRetries ?? 1,
    perTryTimeout: optionalDuration(policy.perTryTimeout) ?? 0,
    perTryIdleTimeout: optionalDuration(policy.perTryIdleTimeout) ?? 0,
    statusCodes: policy.retriableStatusCodes ?? [],
    headers: compileHeaderMatches(policy.retriableHeaders ?? [], join(path, 'retriableHeaders'), problems),
    requestHeaders: compileHeaderMatches(
      policy.retriableRequestHeaders ?? [],
      join(path, 'retriableRequestHeaders'),
      problems,
    ),
    baseInterval: base,
    maxInterval: max,
    rateLimited: readRateLimited(policy.rateLimitedRetryBackOff),
    ...predicates,
    selectionAttempts: Number(policy.hostSelectionRetryMaxAttempts ?? 1) || 1,
  };
}

function readPredicates(list: readonly Message[], path: string, problems: Problem[]) {
  let avoidPrevious = false;
  let omitCanary = false;
  list.forEach((predicate, index) => {
    const name: string = predicate.name ?? '';
    if (name.endsWith('previous_hosts')) avoidPrevious = true;
    else if (name.endsWith('omit_canary_hosts')) omitCanary = true;
    else
      problems.push(
        problem(`${path}[${index}]`, `retry host predicate ${name} is not supported by this proxy yet`),
      );
  });
  return { avoidPrevious, omitCanary };
}

function readRateLimited(message: Message | undefined): RateLimitedBackOff | undefined {
  if (message === undefined) return undefined;
  return {
    headers: (message.resetHeaders ?? []).map((header: Message) => ({
      name: String(header.name).toLowerCase(),
      format: header.format ?? 'SECONDS',
    })),
    maxInterval: message.maxInterval === undefined ? 300_000 : duration(message.maxInterval),
  };
}
