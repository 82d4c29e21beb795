import type { User } from './request.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export function impersonatedGroups(headers: Headers): string[] {
  return [headers['impersonate-group'] ?? []].flat().flatMap((text) => text.split(/,\s*/));
}

/** The user that the request wants to be instead, when its headers say so. */
export function impersonated(headers: Headers): User | undefined {
  const name = headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return undefined;
  const groups = impersonatedGroups(headers);
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  if (account && groups.length === 0)
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account[1]}`);
  const base = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  const uid = headers['impersonate-uid'];
  return { name, groups: [...new Set([...groups, base])], ...(typeof uid === 'string' && { uid }) };
}
