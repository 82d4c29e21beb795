import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createCertificate, type Subject } from './x509.ts';

const day = 24 * 60 * 60 * 1000;

/** A key pair with its certificate, all PEM. */
export interface Credential {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An authority that can sign: PEM to keep, key to use. */
export interface Authority extends Credential {
  readonly subject: Subject;
  readonly key: KeyObject;
}

export interface LeafOptions {
  readonly subject: Subject;
  readonly usages: readonly ('server' | 'client')[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly now: number;
  /** Validity in days; one year when absent. */
  readonly days?: number;
}

/** A new ECDSA P-256 private key. */
export function generateKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** A new self-signed authority, valid for ten years. */
export function createAuthority(commonName: string, now: number): Authority {
  const key = generateKey();
  const subject = { commonName };
  const certificate = createCertificate(
    {
      subject,
      publicKey: createPublicKey(key),
      notBefore: new Date(now - day),
      notAfter: new Date(now + 3650 * day),
      ca: true,
    },
    { subject, privateKey: key },
  );
  return { subject, key, certificate, privateKey: exportKey(key) };
}

/** An authority from what `createAuthority` returned. */
export function loadAuthority(commonName: string, credential: Credential): Authority {
  return { subject: { commonName }, key: createPrivateKey(credential.privateKey), ...credential };
}

/** A new key with a certificate for it, signed by `authority`. */
export function issueCredential(authority: Authority, options: LeafOptions): Credential {
  const key = generateKey();
  const certificate = createCertificate(
    {
      ...options,
      publicKey: createPublicKey(key),
      notBefore: new Date(options.now - day),
      notAfter: new Date(options.now + (options.days ?? 365) * day),
    },
    { subject: authority.subject, privateKey: authority.key },
  );
  return { certificate, privateKey: exportKey(key) };
}
