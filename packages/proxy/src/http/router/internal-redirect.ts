import type { InternalRedirect } from '../../route/types.ts';
import type { RequestHeaders, ResponseHeaders } from '../header-list.ts';

/**
 * Points the request at the location of an answer that the policy lets the proxy follow itself. False when the
 * answer must go to the client.
 */
export function followRedirect(
  policy: InternalRedirect,
  request: RequestHeaders,
  response: ResponseHeaders,
  followed: number,
): boolean {
  if (followed >= policy.maxCount) return false;
  const match = /^(https?):\/\/([^/?#]+)([/?][^#]*)?(?:#.*)?$/i.exec(response.first('location') ?? '');
  if (match === null) return false;
  const scheme = match[1]!.toLowerCase();
  if (scheme !== request.scheme && !policy.allowCrossScheme) return false;
  if (policy.safeCrossScheme && request.scheme === 'http' && scheme === 'https') return false;
  const original = `${request.scheme}://${request.authority ?? ''}${request.path ?? ''}`;
  request.set('x-envoy-original-url', original);
  request.scheme = scheme;
  request.authority = match[2]!;
  const path = match[3] ?? '/';
  request.path = path.startsWith('?') ? `/${path}` : path;
  if (response.status === 303 && request.method !== 'HEAD') request.method = 'GET';
  return true;
}
