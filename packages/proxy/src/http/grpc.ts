import type { ForwardAction } from '../route/types.ts';
import type { RequestHeaders } from './header-list.ts';

const byHttpStatus: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** The gRPC status that stands for an HTTP status. */
export function grpcStatusOf(status: number): number {
  return byHttpStatus[status] ?? 2;
}

/** Percent-encodes what may not stand in a `grpc-message`. */
export function grpcMessage(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^ -$&-~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const units: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Milliseconds of a `grpc-timeout`; undefined when it is not one. */
export function grpcTimeout(text: string | undefined): number | undefined {
  const match = /^([0-9]{1,8})([HMSmun])$/.exec(text ?? '');
  return match === null ? undefined : Math.floor(Number(match[1]) * units[match[2]!]!);
}

/** The shortest unit in which the time needs no more than eight digits. */
export function formatGrpcTimeout(milliseconds: number): string {
  let value = Math.trunc(milliseconds);
  const steps: readonly (readonly [string, number])[] = [
    ['m', 1000],
    ['S', 60],
    ['M', 60],
  ];
  for (const [unit, next] of steps) {
    if (value <= 99_999_999) return `${value}${unit}`;
    value = Math.floor(value / next);
  }
  return `${Math.min(value, 99_999_999)}H`;
}

/**
 * The longest that the request may take by the route's and the manager's word, undefined when there is no limit;
 * where the route has one, a `grpc-timeout` tells it to the upstream.
 */
export function durationLimit(
  action: ForwardAction | undefined,
  request: RequestHeaders,
  general: number,
): number | undefined {
  const header = action?.limitsDuration ? grpcTimeout(request.first('grpc-timeout')) : undefined;
  let limit = action?.maxStreamDuration ?? general;
  if (header !== undefined && action?.grpcHeaderMax !== undefined) {
    limit = action.grpcHeaderMax === 0 ? header : Math.min(header, action.grpcHeaderMax);
    limit = Math.max(0, limit - action.grpcHeaderOffset);
  } else if (limit === 0) return undefined;
  if (header !== undefined) request.set('grpc-timeout', formatGrpcTimeout(limit));
  return limit;
}
