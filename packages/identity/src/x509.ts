import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der.ts';

/** The parts of a distinguished name that Kubernetes reads: user (CN) and groups (O). */
export interface Subject {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A certificate authority: may sign other certificates. */
  readonly ca?: boolean;
  readonly usages?: readonly ('server' | 'client')[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

/** Who signs: an ECDSA P-256 key and the name and public key that its own certificate carries. */
export interface Issuer {
  readonly subject: Subject;
  readonly privateKey: KeyObject;
}

const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

const algorithm = der.sequence(der.objectIdentifier(oid.ecdsaWithSha256));

/** Signs a certificate and returns it in PEM. */
export function createCertificate(request: CertificateRequest, issuer: Issuer): string {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = der.sequence(
    der.explicit(0, der.unsignedInteger(Buffer.from([2]))),
    der.unsignedInteger(serial),
    algorithm,
    name(issuer.subject),
    der.sequence(der.time(request.notBefore), der.time(request.notAfter)),
    name(request.subject),
    publicKeyInfo(request.publicKey),
    der.explicit(3, der.sequence(...extensions(request, createPublicKey(issuer.privateKey)))),
  );
  const signature = sign('sha256', body, { key: issuer.privateKey, dsaEncoding: 'der' });
  return pem('CERTIFICATE', der.sequence(body, algorithm, der.bitString(signature)));
}

/** One PEM block. */
export function pem(label: string, content: Uint8Array): string {
  const lines = Buffer.from(content)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function name(subject: Subject): Buffer {
  const part = (type: string, value: string) =>
    der.setOf(der.sequence(der.objectIdentifier(type), der.utf8String(value)));
  const parts = (subject.organizations ?? []).map((value) => part(oid.organization, value));
  if (subject.commonName) parts.push(part(oid.commonName, subject.commonName));
  return der.sequence(...parts);
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** SHA-1 of the key's octets, the usual key identifier. */
function keyId(key: KeyObject): Buffer {
  const point = publicKeyInfo(key).subarray(-65);
  return createHash('sha1').update(point).digest();
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(type), ...flag, der.octetString(value));
}

function extensions(request: CertificateRequest, issuerKey: KeyObject): Buffer[] {
  const usage = request.ca ? der.bitString(Buffer.from([0xa6]), 1) : der.bitString(Buffer.from([0xa0]), 5);
  const list = [
    extension(oid.keyUsage, true, usage),
    extension(oid.basicConstraints, true, request.ca ? der.sequence(der.boolean(true)) : der.sequence()),
    extension(oid.subjectKeyId, false, der.octetString(keyId(request.publicKey))),
    extension(oid.authorityKeyId, false, der.sequence(der.implicit(0, keyId(issuerKey)))),
  ];
  const usages = (request.usages ?? []).map((use) =>
    der.objectIdentifier(use === 'server' ? oid.serverAuth : oid.clientAuth),
  );
  if (usages.length > 0) list.push(extension(oid.extendedKeyUsage, false, der.sequence(...usages)));
  const names = alternativeNames(request);
  if (names.length > 0) {
    const critical = !request.subject.commonName && !request.subject.organizations?.length;
    list.push(extension(oid.subjectAltName, critical, der.sequence(...names)));
  }
  return list;
}

function alternativeNames(request: CertificateRequest): Buffer[] {
  return [
    ...(request.dnsNames ?? []).map((dns) => der.implicit(2, Buffer.from(dns, 'ascii'))),
    ...(request.uris ?? []).map((uri) => der.implicit(6, Buffer.from(uri, 'ascii'))),
    ...(request.ipAddresses ?? []).map((ip) => der.implicit(7, addressOctets(ip))),
  ];
}

/** The 4 or 16 octets of an IP address. */
export function addressOctets(address: string): Buffer {
  const family = isIP(address);
  if (family === 4) return Buffer.from(address.split('.').map(Number));
  if (family !== 6) throw new Error(`${JSON.stringify(address)} is no IP address`);
  const [head = '', tail] = expandEmbedded(address).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  const octets = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => {
    octets.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  return octets;
}

function expandEmbedded(address: string): string {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (!dotted) return address;
  const [, prefix, a, b, c, d] = dotted;
  return `${prefix}${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
}
