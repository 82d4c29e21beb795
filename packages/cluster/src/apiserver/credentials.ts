import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Authority,
  type Credential,
  createAuthority,
  exportKey,
  generateKey,
  issueCredential,
  loadAuthority,
  type Subject,
} from '@lateen/identity';

/** Keys and certificates of one cluster; made once, kept in its state folder. */
export interface ClusterCredentials {
  readonly authority: Authority;
  /** What the API server shows its clients. */
  readonly server: Credential;
  /** A member of system:masters. */
  readonly admin: Credential;
  /** Signs service account tokens. */
  readonly tokenKey: KeyObject;
  /** A further client certificate. */
  issueClient(subject: Subject): Credential;
}

export interface CredentialOptions {
  readonly directory: string;
  readonly now: number;
  readonly ipAddresses: readonly string[];
  readonly dnsNames: readonly string[];
}

const authorityName = 'lateen-ca';

/** Loads the credentials in `directory`, making what is missing. */
export function loadCredentials(options: CredentialOptions): ClusterCredentials {
  const { directory, now } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const pair = (
    name: string,
    make: () => Credential,
    fits: (certificate: string) => boolean = () => true,
  ): Credential => {
    const certificate = join(directory, `${name}.crt`);
    const privateKey = join(directory, `${name}.key`);
    if (existsSync(certificate) && existsSync(privateKey)) {
      const kept = {
        certificate: readFileSync(certificate, 'utf8'),
        privateKey: readFileSync(privateKey, 'utf8'),
      };
      if (fits(kept.certificate)) return kept;
    }
    const made = make();
    writePrivate(privateKey, made.privateKey);
    writePrivate(certificate, made.certificate);
    return made;
  };
  const authority = loadAuthority(
    authorityName,
    pair('ca', () => createAuthority(authorityName, now)),
  );
  const issueClient = (subject: Subject) =>
    issueCredential(authority, { subject, usages: ['client'], now, days: 3650 });
  const issueServer = () =>
    issueCredential(authority, {
      subject: { commonName: 'kube-apiserver' },
      usages: ['server'],
      ipAddresses: options.ipAddresses,
      dnsNames: options.dnsNames,
      now,
      days: 3650,
    });
  const server = pair('apiserver', issueServer, (certificate) => covers(certificate, options.ipAddresses));
  const admin = pair('admin', () =>
    issueClient({ commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
  );
  return { authority, server, admin, tokenKey: tokenKey(directory), issueClient };
}

/** Whether a certificate is for all these addresses; the cluster's may change. */
function covers(certificate: string, ipAddresses: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
  return ipAddresses.every((address) => parsed.checkIP(address) !== undefined);
}

function tokenKey(directory: string): KeyObject {
  const path = join(directory, 'sa.key');
  if (!existsSync(path)) writePrivate(path, exportKey(generateKey()));
  return createPrivateKey(readFileSync(path, 'utf8'));
}

/** Writes a file that only its owner can read, all of it or nothing. */
export function writePrivate(path: string, content: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** The text of a kubeconfig with one cluster, one user and one context, all named `name`. */
export function kubeconfigText(name: string, server: string, authority: string, client: Credential): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    certificate-authority-data: ${base64(authority)}
    server: ${server}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
users:
- name: ${name}
  user:
    client-certificate-data: ${base64(client.certificate)}
    client-key-data: ${base64(client.privateKey)}
`;
}
