import type { Redirect } from '../../route/redirect.ts';
import { requestUrl, tlsRedirect } from '../../route/redirect.ts';
import { responseFlag } from '../../telemetry/response-flags.ts';
import type { Stream } from '../stream.ts';

/** Answers a request that no cluster is asked for: direct responses, redirects, and what matches no route. */
export function answerHere(stream: Stream): void {
  const action = stream.match?.route.action;
  const { stats } = stream.manager;
  if (action === undefined) {
    answerUnmatched(stream);
    return;
  }
  stats.directResponse.inc();
  if (action.kind === 'redirect') {
    answerRedirect(stream, action.redirect);
    return;
  }
  const [status, body] = action.kind === 'direct' ? [action.status, action.body] : [404, ''];
  const location = status >= 300 && status < 400 ? requestUrl(stream.request) : undefined;
  stream.sendLocalReply(status, body, 'direct_response', (headers) => {
    if (location !== undefined) headers.set('location', location);
    stream.applyResponseOps(headers);
  });
}

function answerRedirect(stream: Stream, redirect: Redirect): void {
  const { request, manager } = stream;
  const location = redirect.location(request);
  if (redirect.rewrite !== undefined) {
    // The new path is what logs show from here on.
    const old = request.path ?? '';
    if (!manager.router.suppressEnvoyHeaders) request.set('x-envoy-original-path', old);
    request.path = redirect.rewrite(old);
  }
  stream.sendLocalReply(redirect.status, '', 'direct_response', (headers) => {
    headers.set('location', location);
    stream.applyResponseOps(headers);
  });
}

function answerUnmatched(stream: Stream): void {
  if (stream.tlsRedirect) {
    const location = tlsRedirect(stream.request);
    stream.manager.stats.directResponse.inc();
    stream.sendLocalReply(301, '', 'direct_response', (headers) => headers.set('location', location));
    return;
  }
  stream.manager.stats.noRoute.inc();
  stream.info.responseFlags |= responseFlag.NR;
  stream.sendLocalReply(404, '', 'route_not_found');
}
