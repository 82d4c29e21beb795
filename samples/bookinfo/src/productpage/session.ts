import { createHmac, timingSafeEqual } from 'node:crypto';

// Every replica must be able to read what another one signed; nothing but a made-up user name is protected by it.
const secret = process.env.SESSION_SECRET || 'bookinfo';

/** The `session` cookie's value for a user. */
export function sealUser(user: string): string {
  const payload = Buffer.from(JSON.stringify({ user })).toString('base64url');
  return `${payload}.${sign(payload)}`;
}

/** The user in a Cookie header, if it has a session that this application signed. */
export function userOf(cookieHeader: string | undefined): string | undefined {
  const value = /(?:^|;\s*)session=([^;]*)/.exec(cookieHeader ?? '')?.[1];
  const [payload, signature] = value?.split('.') ?? [];
  if (!payload || !signature) return undefined;
  const expected = Buffer.from(sign(payload));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')).user || undefined;
  } catch {
    return undefined;
  }
}

function sign(payload: string): string {
  return createHmac('sha256', secret).update(payload).digest('base64url');
}
