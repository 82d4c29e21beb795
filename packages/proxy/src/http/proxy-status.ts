import { formatResponseFlags, responseFlag } from '../telemetry/response-flags.ts';
import type { ProxyStatusSetting } from './config/hcm.ts';
import type { ResponseHeaders } from './header-list.ts';
import type { Stream } from './stream.ts';

const errors: readonly (readonly [flag: number, error: string, status: number])[] = [
  [responseFlag.UH, 'destination_unavailable', 503],
  [responseFlag.UF, 'connection_refused', 502],
  [responseFlag.UC, 'connection_terminated', 502],
  [responseFlag.UT, 'http_response_timeout', 504],
  [responseFlag.UO, 'connection_limit_reached', 503],
  [responseFlag.UPE, 'http_protocol_error', 502],
  [responseFlag.NR, 'destination_not_found', 500],
  [responseFlag.NC, 'destination_not_found', 500],
  [responseFlag.DPE, 'http_request_error', 400],
];

/** A Proxy-Status header for answers that the proxy made because something failed. */
export function proxyStatusValue(
  stream: Stream,
  headers: ResponseHeaders,
  settings: ProxyStatusSetting,
  nodeId: string,
): string | undefined {
  const { info } = stream;
  const found = errors.find(([flag]) => info.responseFlags & flag);
  if (found === undefined) return undefined;
  if (settings.setCode) headers.status = found[2];
  const name = settings.name === 'node' ? nodeId : settings.name;
  let details = settings.removeDetails ? '' : info.responseCodeDetails;
  if (details !== '' && !settings.removeFlags)
    details += `; ${formatResponseFlags(info.responseFlags, true)}`;
  return `${name}; error=${found[1]}${details === '' ? '' : `; details="${details}"`}`;
}
