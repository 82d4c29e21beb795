import type { Cors, Fault, HttpRoute } from '../../ir/route.ts';
import { defined, duration, fraction, type Json, typed } from '../context.ts';
import { stringMatcher } from './match.ts';

/** What filters do for this route only. */
export function perFilterConfig(route: HttpRoute): Json | undefined {
  const result = defined({
    'envoy.filters.http.cors': route.cors && corsPolicy(route.cors),
    'envoy.filters.http.fault': route.fault && faultConfig(route.fault),
  });
  return Object.keys(result).length > 0 ? result : undefined;
}

function faultConfig({ delay, abort }: Fault): Json {
  return typed('envoy.extensions.filters.http.fault.v3.HTTPFault', {
    delay: delay && { fixedDelay: duration(delay.milliseconds), percentage: fraction(delay.percentage) },
    abort: abort && { ...status(abort), percentage: fraction(abort.percentage) },
  });
}

function status(abort: NonNullable<Fault['abort']>): Json {
  return abort.grpcStatus === undefined ? { httpStatus: abort.httpStatus } : { grpcStatus: abort.grpcStatus };
}

function corsPolicy(cors: Cors): Json {
  const joined = (list: readonly string[]) => (list.length > 0 ? list.join(',') : undefined);
  return typed('envoy.extensions.filters.http.cors.v3.CorsPolicy', {
    allowCredentials: cors.allowCredentials,
    allowHeaders: joined(cors.allowHeaders),
    allowMethods: joined(cors.allowMethods),
    allowOriginStringMatch: cors.allowOrigins.length > 0 ? cors.allowOrigins.map(stringMatcher) : undefined,
    exposeHeaders: joined(cors.exposeHeaders),
    filterEnabled: { defaultValue: { numerator: 100 } },
    forwardNotMatchingPreflights: cors.forwardUnmatchedPreflights,
    maxAge: cors.maxAge === undefined ? undefined : String(Math.floor(cors.maxAge / 1000)),
  });
}
