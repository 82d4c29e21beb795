import type { ForwardAction } from '../../route/types.ts';
import type { Host } from '../../upstream/types.ts';
import type { Stream } from '../stream.ts';

/** Changes the request as its route says, just before it goes to `host` for the first time. */
export function prepareRequest(stream: Stream, action: ForwardAction, host: Host): void {
  const { request } = stream;
  const route = stream.match!.route;
  if (route.virtualHost.includeAttemptCount) request.set('x-envoy-attempt-count', '1');
  stream.applyRequestOps();
  rewriteHost(stream, action, host);
  if (action.pathRewrite !== undefined && request.path !== undefined) {
    const old = request.path;
    request.path = action.pathRewrite(old);
    if (!stream.manager.router.suppressEnvoyHeaders) request.set('x-envoy-original-path', old);
  }
}

function rewriteHost(stream: Stream, action: ForwardAction, host: Host): void {
  const { request } = stream;
  const rewrite = stream.match!.weighted?.hostRewrite ?? action.hostRewrite;
  if (rewrite === undefined) return;
  const next = rewrite.kind === 'auto' ? host.hostname || undefined : rewrite.host(request);
  if (next === undefined || next === '') return;
  const old = request.authority ?? '';
  if (action.appendForwardedHost && old !== '') request.join('x-forwarded-host', old);
  request.authority = next;
  const ofCluster = stream.match!.weighted?.hostRewrite !== undefined;
  if (!ofCluster && !stream.manager.router.suppressEnvoyHeaders) request.set('x-envoy-original-host', old);
}
