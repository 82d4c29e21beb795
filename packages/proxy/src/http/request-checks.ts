import type { HcmSettings } from './config/hcm.ts';
import type { RequestHeaders } from './header-list.ts';
import { normalizePath } from './path-normalize.ts';

/** Why a request goes no further than the connection manager. */
export interface Refusal {
  readonly status: number;
  readonly details: string;
  /** Where to send the client instead. */
  readonly location?: string;
}

/** Checks and brings into shape the target of a request, as configured. */
export function checkTarget(headers: RequestHeaders, settings: HcmSettings): Refusal | undefined {
  const path = headers.path;
  if (headers.authority === undefined) return { status: 400, details: 'missing_host_header' };
  if (path !== undefined) {
    if (!path.startsWith('/')) return { status: 404, details: 'absolute_path_rejected' };
    if (path.includes('#')) return { status: 400, details: 'path_normalization_failed' };
    if (settings.normalizePath || settings.mergeSlashes || settings.escapedSlashes !== 'KEEP_UNCHANGED') {
      const result = normalizePath(path, settings);
      if (result === undefined) return { status: 400, details: 'path_normalization_failed' };
      headers.path = result.path;
      if (result.redirect)
        return { status: 307, details: 'path_normalization_failed', location: result.path };
    }
  }
  if (headers.method === 'QUERY' && !headers.has('content-type')) {
    return { status: 400, details: 'query_missing_content_type' };
  }
  return undefined;
}

/** Drops a port or a trailing dot from the authority, as configured. */
export function normalizeHost(headers: RequestHeaders, settings: HcmSettings, listenerPort: number): void {
  let host = headers.authority;
  if (host === undefined || host === '') return;
  if (settings.stripTrailingDot) host = withoutTrailingDot(host);
  if (settings.stripAnyPort || settings.stripMatchingPort) {
    const colon = portColon(host);
    const isConnect = headers.method === 'CONNECT';
    if (
      colon >= 0 &&
      !isConnect &&
      (settings.stripAnyPort || host.slice(colon + 1) === String(listenerPort))
    ) {
      host = host.slice(0, colon);
    }
  }
  headers.authority = host;
}

function withoutTrailingDot(host: string): string {
  const colon = portColon(host);
  const name = colon < 0 ? host : host.slice(0, colon);
  return name.endsWith('.') ? name.slice(0, -1) + (colon < 0 ? '' : host.slice(colon)) : host;
}

/** Index of the colon before a port, or -1. */
function portColon(host: string): number {
  const colon = host.lastIndexOf(':');
  if (colon < 0 || !/^[0-9]+$/.test(host.slice(colon + 1))) return -1;
  const bracket = host.lastIndexOf(']');
  if (host.startsWith('[') ? bracket !== colon - 1 : false) return -1;
  return colon;
}
