import { isPlain } from '../ir/node.ts';
import type { ProxyScope } from '../scope/index.ts';

export type Json = { [field: string]: any };

export interface GenerateOptions {
  /** Outbound connection managers of sidecars take the client's address from the connection. */
  readonly useRemoteAddress: boolean;
  /** Whose requests count as internal when they do. */
  readonly internalCidrs: readonly string[];
}

/** What every generator is given. */
export interface Generating {
  readonly scope: ProxyScope;
  readonly options: GenerateOptions;
  /** Without Istio's own filters and without TLS, on real addresses. */
  readonly plain: boolean;
}

export function generating(scope: ProxyScope, options: GenerateOptions): Generating {
  return { scope, options, plain: isPlain(scope.node) };
}

const prefix = 'type.googleapis.com/';

/** A typed message: `@type` first, absent fields left out. */
export function typed(name: string, fields: Json = {}): Json & { '@type': string } {
  return { '@type': prefix + name, ...defined(fields) };
}

/** The object without its undefined fields. */
export function defined<T extends Json>(object: T): T {
  const result: Json = {};
  for (const key in object) if (object[key] !== undefined) result[key] = object[key];
  return result as T;
}

/** A duration in proto3 JSON: seconds with 0, 3, 6 or 9 decimals. */
export function duration(milliseconds: number): string {
  const nanos = Math.round(milliseconds * 1e6);
  const whole = Math.trunc(nanos / 1e9);
  const rest = Math.abs(nanos % 1e9);
  if (rest === 0) return `${whole}s`;
  const digits = String(rest).padStart(9, '0');
  const sign = nanos < 0 && whole === 0 ? '-' : '';
  const kept = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9;
  return `${sign}${whole}.${digits.slice(0, kept)}s`;
}

/** Configuration that comes over the same stream. */
export const viaAds: Json = { ads: {}, initialFetchTimeout: '0s', resourceApiVersion: 'V3' };

export function socketAddress(address: string, portValue: number): Json {
  return { socketAddress: { address, portValue } };
}

/** A share of 100 as Envoy's fraction: whole percents stay percents, others become millionths. */
export function fraction(percentage: number): Json {
  if (percentage === 100) return { numerator: 100 };
  return { denominator: 'MILLION', numerator: Math.trunc(percentage * 10_000) };
}
