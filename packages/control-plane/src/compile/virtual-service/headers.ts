import type { HeaderOperations as ApiOperations, Headers } from '@lateen/api/istio/virtual-service';
import type { HeaderOperations, HeaderPolicy } from '../../ir/route.ts';
import { sortedEntries } from '../strings.ts';

export function compileHeaders(headers: Headers | undefined): HeaderPolicy | undefined {
  if (!headers?.request && !headers?.response) return undefined;
  return { request: operations(headers.request), response: operations(headers.response) };
}

function operations(from: ApiOperations | undefined): HeaderOperations {
  return { set: sortedEntries(from?.set), add: sortedEntries(from?.add), remove: from?.remove ?? [] };
}
