import type { KubeObject } from '@lateen/kube/types';
import { stringify } from 'yaml';
import type { Status } from '../errors.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { renderTable } from '../table/render.ts';
import { negotiate } from './negotiate.ts';
import type { Scope } from './scope.ts';

/** `Warning: 299 - "text"` headers. */
export function warningHeaders(warnings: readonly string[]): Record<string, string | readonly string[]> {
  if (warnings.length === 0) return {};
  const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?');
  return { Warning: [...new Set(warnings)].map((text) => `299 - "${escaped(text)}"`) };
}

/** Any value as JSON (indented for people's tools) or YAML. */
export function encodeBody(request: ApiRequest, value: unknown, yaml = false): string {
  if (yaml) return stringify(value, { version: '1.1', indentSeq: false, sortMapEntries: true });
  return wantsIndent(request) ? `${JSON.stringify(value, null, 2)}\n` : `${JSON.stringify(value)}\n`;
}

export function wantsIndent(request: ApiRequest): boolean {
  const pretty = request.query.get('pretty');
  if (pretty !== null) return ['1', 'true'].includes(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

export function jsonResponse(request: ApiRequest, status: number, value: unknown): ApiResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: encodeBody(request, value) };
}

export function statusResponse(
  request: ApiRequest,
  status: Status,
  warnings: readonly string[] = [],
): ApiResponse {
  const response = jsonResponse(request, status.code ?? 200, status);
  const retry = status.details?.retryAfterSeconds;
  const extra: Record<string, string> = retry ? { 'Retry-After': String(retry) } : {};
  return { ...response, headers: { ...response.headers, ...warningHeaders(warnings), ...extra } };
}

/** One object, in the form that the request asks for. `json` is its plain encoding where that is known already. */
export function objectResponse(
  scope: Scope,
  status: number,
  object: KubeObject,
  json?: () => string,
): ApiResponse {
  const { request } = scope;
  const representation = negotiate(request.headers.accept, scope.resource.custom);
  const headers = { 'Content-Type': representation.contentType, ...warningHeaders(scope.warnings) };
  if (representation.as === 'table') {
    const table = renderTable(scope, [object], representation.version, object.metadata);
    return { status, headers, body: encodeBody(request, table, representation.yaml) };
  }
  if (representation.as === 'partial') {
    const partial = partialMetadata(object, representation.version);
    return { status, headers, body: encodeBody(request, partial, representation.yaml) };
  }
  const plain = json && !representation.yaml && !wantsIndent(request);
  return { status, headers, body: plain ? `${json()}\n` : encodeBody(request, object, representation.yaml) };
}

export function partialMetadata(object: KubeObject, version: string): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
