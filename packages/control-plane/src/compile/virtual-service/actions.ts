import type {
  CorsPolicy,
  HttpDirectResponse,
  HttpFaultInjection,
  HttpRedirect,
  HttpRetry,
  HttpRewrite,
} from '@lateen/api/istio/virtual-service';
import type { Cors, DirectResponse, Fault, Redirect, Retries, Rewrite, StringMatch } from '../../ir/route.ts';
import type { Compiling } from '../context.ts';
import { stringMatch } from '../strings.ts';
import { grpcStatusNumber } from './grpc-status.ts';

export function compileRedirect(redirect: HttpRedirect): Redirect {
  return {
    uri: redirect.uri || undefined,
    authority: redirect.authority || undefined,
    scheme: redirect.scheme || undefined,
    port: redirect.port || undefined,
    portOfRequest: redirect.derivePort === 'FROM_REQUEST_PORT',
    code: redirect.redirectCode || 301,
  };
}

export function compileDirectResponse(response: HttpDirectResponse): DirectResponse {
  const { body } = response;
  if (body?.string === undefined && body?.bytes === undefined) return { status: response.status ?? 0 };
  return { status: response.status ?? 0, body: { text: body.string, base64: body.bytes } };
}

export function compileRewrite(rewrite: HttpRewrite): Rewrite {
  const regex = rewrite.uriRegexRewrite;
  return {
    uri: rewrite.uri || undefined,
    authority: rewrite.authority || undefined,
    regex: regex && { match: regex.match ?? '', rewrite: regex.rewrite ?? '' },
  };
}

export function compileRetries(retries: HttpRetry, path: string, to: Compiling): Retries {
  return {
    attempts: retries.attempts ?? 0,
    perTryTimeout: to.duration(retries.perTryTimeout, `${path}.perTryTimeout`),
    retryOn: retries.retryOn || undefined,
    otherLocalities: retries.retryRemoteLocalities === true,
    ignorePreviousHosts: retries.retryIgnorePreviousHosts !== false,
    backoff: to.duration(retries.backoff, `${path}.backoff`),
  };
}

export function compileFault(fault: HttpFaultInjection, path: string, to: Compiling): Fault {
  const milliseconds = to.duration(fault.delay?.fixedDelay, `${path}.delay.fixedDelay`);
  return {
    delay:
      fault.delay && milliseconds !== undefined
        ? { milliseconds, percentage: percentage(fault.delay) }
        : undefined,
    abort: fault.abort && compileAbort(fault.abort, `${path}.abort`, to),
  };
}

function compileAbort(
  abort: NonNullable<HttpFaultInjection['abort']>,
  path: string,
  to: Compiling,
): Fault['abort'] {
  if (abort.grpcStatus) {
    const grpcStatus = grpcStatusNumber(abort.grpcStatus);
    if (grpcStatus !== undefined) return { grpcStatus, percentage: percentage(abort) };
    to.problem(
      'InvalidValue',
      `${path}.grpcStatus`,
      `"${abort.grpcStatus}" is no gRPC status such as UNAVAILABLE`,
    );
    return undefined;
  }
  return abort.httpStatus ? { httpStatus: abort.httpStatus, percentage: percentage(abort) } : undefined;
}

/** The share of requests; the older whole number counts when the newer one is absent, and all when both are. */
function percentage(from: { percent?: number; percentage?: { value?: number } }): number {
  if (from.percentage) return from.percentage.value ?? 0;
  return from.percent || 100;
}

export function compileCors(cors: CorsPolicy, path: string, to: Compiling): Cors {
  const exact: StringMatch[] = (cors.allowOrigin ?? []).map((value) => ({ kind: 'exact', value }));
  const origins = (cors.allowOrigins ?? []).map(stringMatch).filter((match) => match !== undefined);
  return {
    allowOrigins: origins.length > 0 ? origins : exact,
    allowMethods: cors.allowMethods ?? [],
    allowHeaders: cors.allowHeaders ?? [],
    exposeHeaders: cors.exposeHeaders ?? [],
    maxAge: to.duration(cors.maxAge, `${path}.maxAge`),
    allowCredentials: cors.allowCredentials,
    forwardUnmatchedPreflights: cors.unmatchedPreflights !== 'IGNORE',
  };
}
