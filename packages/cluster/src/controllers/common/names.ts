import { canonical } from './canonical.ts';

/** Letters and digits in generated names: no vowels and nothing that looks like another, so that no words appear. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The `pod-template-hash` of a template: ten characters or fewer, the same for the same meaning. */
export function templateHash(template: unknown, collisionCount = 0): string {
  const text = collisionCount === 0 ? canonical(template) : `${canonical(template)}#${collisionCount}`;
  return safeEncode(String(fnv32a(text)));
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function safeEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) encoded += alphabet[byte % alphabet.length];
  return encoded;
}
