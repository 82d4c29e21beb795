import type { HeaderOperations, HeaderPolicy } from '../../ir/route.ts';
import type { Json } from '../context.ts';

/** Header operations as the four lists of a route or of a weighted cluster. */
export function headerFields(headers: HeaderPolicy | undefined): Json {
  if (!headers) return {};
  return { ...listFields('request', headers.request), ...listFields('response', headers.response) };
}

function listFields(side: 'request' | 'response', operations: HeaderOperations): Json {
  const result: Json = {};
  const added = [
    ...operations.set
      .filter(([key]) => !isHost(side, key))
      .map(([key, value]) => ({ appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD', header: { key, value } })),
    ...operations.add.map(([key, value]) => ({ header: { key, value } })),
  ];
  if (added.length > 0) result[`${side}HeadersToAdd`] = added;
  if (operations.remove.length > 0) result[`${side}HeadersToRemove`] = operations.remove;
  return result;
}

/** The Host that a `set` of requests' headers asks for: it is rewritten, not added. */
export function hostFromHeaders(headers: HeaderPolicy | undefined): string | undefined {
  return headers?.request.set.find(([key]) => isHost('request', key))?.[1];
}

function isHost(side: 'request' | 'response', key: string): boolean {
  return side === 'request' && (key.toLowerCase() === 'host' || key === ':authority');
}
