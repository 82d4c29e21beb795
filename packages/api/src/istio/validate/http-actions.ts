import { parseDuration } from '../duration.ts';
import { grpcStatusNames } from '../grpc-status.ts';
import type {
  CorsPolicy,
  HeaderOperations,
  Headers,
  HttpDirectResponse,
  HttpFaultInjection,
  HttpRedirect,
  HttpRetry,
  HttpRewrite,
} from '../virtual-service.ts';
import type { Check } from './check.ts';
import { checkHeaderName, checkHeaderValue } from './names.ts';

const retryConditions = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
]);

const methods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
]);

export function checkRetry(check: Check, retry: HttpRetry | null | undefined, path: string): void {
  if (!retry) return;
  check.notNegative(retry.attempts, `${path}.attempts`);
  const others = Object.keys(retry).filter(
    (key) =>
      key !== 'attempts' &&
      (retry as Record<string, unknown>)[key] !== undefined &&
      (retry as Record<string, unknown>)[key] !== '',
  );
  if (!retry.attempts && others.length > 0)
    check.error(`${path}.attempts`, `must be at least 1 when ${others[0]} is set`);
  check.duration(retry.perTryTimeout, `${path}.perTryTimeout`);
  check.duration(retry.backoff, `${path}.backoff`);
  for (const condition of (retry.retryOn ?? '').split(',').filter(Boolean)) {
    const text = condition.trim();
    const code = /^\d+$/.test(text) && Number(text) >= 100 && Number(text) <= 599;
    if (!code && !retryConditions.has(text))
      check.error(`${path}.retryOn`, `"${text}" is no retry condition and no HTTP status`);
  }
}

export function checkRewrite(check: Check, rewrite: HttpRewrite | null | undefined, path: string): void {
  if (!rewrite) return;
  const { uri, authority, uriRegexRewrite: regex } = rewrite;
  if (uri && regex) check.error(path, 'uri and uriRegexRewrite exclude each other');
  if (!uri && !authority && !regex)
    check.error(path, 'one of uri, uriRegexRewrite and authority is required');
  if (regex) checkRegexRewrite(check, regex, `${path}.uriRegexRewrite`);
}

export function checkRegexRewrite(
  check: Check,
  regex: NonNullable<HttpRewrite['uriRegexRewrite']>,
  path: string,
): void {
  if (check.required(regex.match, `${path}.match`)) check.regex(regex.match!, `${path}.match`);
  check.required(regex.rewrite, `${path}.rewrite`);
}

export function checkRedirect(
  check: Check,
  redirect: (HttpRedirect & { prefixRewrite?: string }) | null | undefined,
  path: string,
): void {
  if (!redirect) return;
  const { uri, authority, scheme, port, prefixRewrite, redirectCode: code } = redirect;
  if (!uri && !authority && !scheme && !port && !prefixRewrite && redirect.derivePort === undefined) {
    check.error(path, 'one of uri, authority, scheme and port is required');
  }
  if (uri && prefixRewrite) check.error(path, 'uri and prefixRewrite exclude each other');
  if (scheme && scheme !== 'http' && scheme !== 'https')
    check.error(`${path}.scheme`, `"${scheme}" must be http or https`);
  if (code) check.range(code, `${path}.redirectCode`, 300, 399);
}

const mebibyte = 1024 * 1024;

export function checkDirectResponse(
  check: Check,
  response: HttpDirectResponse | null | undefined,
  path: string,
): void {
  if (!response) return;
  check.range(response.status ?? 0, `${path}.status`, 200, 599);
  const { body } = response;
  const size =
    body?.string !== undefined
      ? Buffer.byteLength(body.string)
      : Buffer.byteLength(body?.bytes ?? '', 'base64');
  if (size > mebibyte) check.error(`${path}.body`, `has ${size} bytes; at most ${mebibyte} are allowed`);
  else if (size > mebibyte / 10)
    check.warning(`${path}.body`, `has ${size} bytes; large bodies cost memory in every proxy`);
}

export function checkFault(check: Check, fault: HttpFaultInjection | null | undefined, path: string): void {
  if (!fault) return;
  if (!fault.abort && !fault.delay) check.error(path, 'one of delay and abort is required');
  checkDelay(check, fault.delay, `${path}.delay`);
  checkAbort(check, fault.abort, `${path}.abort`);
}

export function checkDelay(check: Check, delay: HttpFaultInjection['delay'] | null, path: string): void {
  if (!delay) return;
  check.percent(delay.percentage, `${path}.percentage`);
  check.range(delay.percent, `${path}.percent`, 0, 100);
  if (delay.fixedDelay === undefined && delay.exponentialDelay === undefined)
    check.error(`${path}.fixedDelay`, 'is required', 'Required');
  check.duration(delay.fixedDelay, `${path}.fixedDelay`);
  if (delay.exponentialDelay !== undefined)
    check.error(`${path}.exponentialDelay`, 'is not supported; use fixedDelay');
}

export function checkAbort(check: Check, abort: HttpFaultInjection['abort'] | null, path: string): void {
  if (!abort) return;
  check.percent(abort.percentage, `${path}.percentage`);
  if (abort.httpStatus !== undefined) check.range(abort.httpStatus, `${path}.httpStatus`, 200, 600);
  else if (abort.grpcStatus !== undefined) {
    if (!grpcStatusNames.includes(abort.grpcStatus))
      check.error(`${path}.grpcStatus`, `"${abort.grpcStatus}" is no gRPC status`);
  } else if (abort.http2Error !== undefined)
    check.error(`${path}.http2Error`, 'is not supported; use httpStatus');
  else check.error(path, 'one of httpStatus and grpcStatus is required');
}

export function checkCors(check: Check, cors: CorsPolicy | null | undefined, path: string): void {
  if (!cors) return;
  check.each(cors.allowOrigins, `${path}.allowOrigins`, (origin, at) => {
    if (!origin?.exact && !origin?.prefix && !origin?.regex) check.error(at, 'must not be empty');
    else if (origin.regex) check.regex(origin.regex, `${at}.regex`);
  });
  check.each(cors.allowMethods, `${path}.allowMethods`, (method, at) => {
    if (!methods.has(method)) check.error(at, `"${method}" is no HTTP method`);
  });
  check.each(cors.allowHeaders, `${path}.allowHeaders`, (name, at) => checkHeaderName(check, name, at));
  check.each(cors.exposeHeaders, `${path}.exposeHeaders`, (name, at) => checkHeaderName(check, name, at));
  check.duration(cors.maxAge, `${path}.maxAge`);
  if ((parseDuration(cors.maxAge) ?? 0) % 1000 !== 0) check.error(`${path}.maxAge`, 'must be whole seconds');
}

export function checkHeaders(check: Check, headers: Headers | null | undefined, path: string): void {
  checkOperations(check, headers?.request, `${path}.request`);
  checkOperations(check, headers?.response, `${path}.response`);
}

function checkOperations(check: Check, operations: HeaderOperations | undefined, path: string): void {
  for (const verb of ['add', 'set'] as const) {
    for (const [name, value] of Object.entries(operations?.[verb] ?? {})) {
      checkHeaderName(check, name, `${path}.${verb}`, name !== ':authority' || verb === 'add');
      checkHeaderValue(check, value, `${path}.${verb}.${name}`);
    }
  }
  check.each(operations?.remove, `${path}.remove`, (name, at) => checkHeaderName(check, name, at, true));
}
