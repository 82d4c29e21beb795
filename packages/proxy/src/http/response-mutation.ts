import type { ResponseHeaders } from './header-list.ts';
import type { Stream } from './stream.ts';

/** Writes what the connection manager adds to every answer, and takes away what concerns the upstream hop only. */
export function mutateResponse(stream: Stream, headers: ResponseHeaders, end: boolean): void {
  const { manager } = stream;
  const { settings } = manager;
  if (headers.status === 101 && stream.upgrade !== undefined) {
    if (!headers.has('connection')) headers.set('connection', 'upgrade');
  } else {
    headers.remove('connection');
    headers.remove('upgrade');
  }
  headers.set('date', manager.date());
  if (settings.serverHeader === 'OVERWRITE') headers.set('server', settings.serverName);
  else if (settings.serverHeader === 'APPEND_IF_ABSENT' && !headers.has('server'))
    headers.add('server', settings.serverName);
  if (settings.via !== '') headers.join('via', settings.via, ', ');
  if (stream.request !== undefined) addRequestId(stream, headers);
  if (settings.proxyStatus !== undefined) manager.addProxyStatus(stream, headers, end);
}

function addRequestId(stream: Stream, headers: ResponseHeaders): void {
  const { request, manager } = stream;
  if (!manager.settings.alwaysSetRequestIdInResponse && request.first('x-envoy-force-trace') === undefined)
    return;
  const id = request.first('x-request-id');
  if (id !== undefined) headers.set('x-request-id', id);
}
