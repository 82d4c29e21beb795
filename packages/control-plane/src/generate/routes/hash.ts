import type { HashPolicy } from '../../ir/destination.ts';
import { defined, duration, type Json } from '../context.ts';

/** What of a request decides its endpoint. */
export function hashPolicies(hash: HashPolicy | undefined): Json[] | undefined {
  if (!hash) return undefined;
  if (hash.header) return [{ header: { headerName: hash.header } }];
  if (hash.cookie) return [{ cookie: cookie(hash.cookie) }];
  if (hash.sourceIp) return [{ connectionProperties: { sourceIp: true } }];
  if (hash.queryParameter) return [{ queryParameter: { name: hash.queryParameter } }];
  return undefined;
}

function cookie({ name, path, ttl, attributes }: NonNullable<HashPolicy['cookie']>): Json {
  return defined({
    name,
    path,
    ttl: ttl === undefined ? undefined : duration(ttl),
    attributes: attributes.length > 0 ? attributes : undefined,
  });
}
