import type { ApiRequest } from '../request.ts';

/** The old way to watch, `/api/v1/watch/…`, and watches of one object by its name, as a watch with a selector. */
export function modernWatch(request: ApiRequest): ApiRequest {
  if (request.method !== 'GET') return request;
  const old = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)\/watch(\/.+)$/.exec(request.path);
  const path = old ? `${old[1]}${old[2]}` : request.path;
  if (!old && !['1', 'true'].includes(request.query.get('watch') ?? '')) return request;
  const query = new URLSearchParams(request.query);
  query.set('watch', 'true');
  const at = path.lastIndexOf('/');
  const collection = isNamed(path) ? path.slice(0, at) : path;
  if (collection !== path)
    query.set('fieldSelector', `metadata.name=${decodeURIComponent(path.slice(at + 1))}`);
  return { ...request, path: collection, query };
}

/** Whether a path names one object rather than a collection. */
function isNamed(path: string): boolean {
  const parts = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3);
  if (parts[0] === 'namespaces') return parts.length === 2 || parts.length === 4;
  return parts.length === 2;
}
