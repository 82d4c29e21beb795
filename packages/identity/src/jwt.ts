import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export type Claims = Record<string, unknown>;

/** The key's name in token headers and key sets: a digest of the public key. */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

/** A compact JWT, signed with ES256. */
export function signJwt(claims: Claims, key: KeyObject): string {
  const header = { alg: 'ES256', kid: keyIdOf(key) };
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** The claims of a token with a good ES256 signature of `key`; undefined for any other. Times are not checked. */
export function verifyJwt(token: string, key: KeyObject): Claims | undefined {
  const [header, payload, signature, ...rest] = token.split('.');
  if (!header || !payload || !signature || rest.length > 0) return undefined;
  if (decode(header)?.alg !== 'ES256') return undefined;
  const input = Buffer.from(`${header}.${payload}`);
  const good = verify(
    'sha256',
    input,
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  return good ? decode(payload) : undefined;
}

/** The public key as a JSON Web Key, for a key set. */
export function toJwk(key: KeyObject): Record<string, unknown> {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return { use: 'sig', kid: keyIdOf(key), alg: 'ES256', ...jwk };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Claims | undefined {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
