import type { RequestHeaders } from '../header-list.ts';

const maxNominated = 9;
const harmless: ReadonlySet<string> = new Set(['close', 'keep-alive', 'upgrade', '']);
const untouchable: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/**
 * Removes the headers that a `Connection` header nominates. False when it nominates something that no client may
 * have removed, or too much: then the request must be refused.
 */
export function sanitizeConnection(headers: RequestHeaders, connection: string): boolean {
  if (harmless.has(connection.toLowerCase())) return true;
  const tokens = connection.split(',');
  if (tokens.length > maxNominated) return false;
  for (const part of tokens) {
    const token = part.trim().toLowerCase();
    if (harmless.has(token)) continue;
    if (untouchable.has(token) || token.startsWith(':')) return false;
    if (token === 'te') {
      if ((headers.first('te') ?? '').length > 256) return false;
      continue;
    }
    if (token === 'host') headers.authority = undefined;
    else headers.remove(token);
  }
  return true;
}
