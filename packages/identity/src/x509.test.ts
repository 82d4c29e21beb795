import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, generateKey, issueCredential, loadAuthority } from './authority.ts';
import { signJwt, verifyJwt } from './jwt.ts';
import { addressOctets } from './x509.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

test('an authority issues server certificates with names and addresses', () => {
  const authority = createAuthority('lateen', now);
  const leaf = issueCredential(loadAuthority('lateen', authority), {
    subject: { commonName: 'kube-apiserver' },
    usages: ['server'],
    dnsNames: ['kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '::1', '10.96.0.1'],
    now,
  });
  const root = new X509Certificate(authority.certificate);
  const certificate = new X509Certificate(leaf.certificate);
  assert.ok(root.ca && root.verify(root.publicKey));
  assert.ok(!certificate.ca && certificate.verify(root.publicKey) && certificate.checkIssued(root));
  assert.equal(certificate.checkIP('10.96.0.1'), '10.96.0.1');
  assert.equal(certificate.checkHost('kubernetes.default.svc'), 'kubernetes.default.svc');
  assert.match(certificate.subjectAltName!, /IP Address:0:0:0:0:0:0:0:1/);
});

test('client certificates carry user and groups, dates beyond 2049 are representable', () => {
  const authority = createAuthority('lateen', Date.parse('2045-01-01T00:00:00Z'));
  const leaf = issueCredential(authority, {
    subject: { commonName: 'jane', organizations: ['dev', 'ops'] },
    usages: ['client'],
    now: Date.parse('2049-06-01T00:00:00Z'),
  });
  const certificate = new X509Certificate(leaf.certificate);
  assert.equal(certificate.subject, 'O=dev\nO=ops\nCN=jane');
  assert.equal(certificate.validToDate.getUTCFullYear(), 2050);
});

test('tokens verify only with their key and unchanged', () => {
  const key = generateKey();
  const token = signJwt({ sub: 'system:serviceaccount:a:b' }, key);
  assert.deepEqual(verifyJwt(token, createPublicKey(key)), { sub: 'system:serviceaccount:a:b' });
  assert.equal(verifyJwt(token, createPublicKey(generateKey())), undefined);
  assert.equal(verifyJwt(`${token.slice(0, -4)}AAAA`, createPublicKey(key)), undefined);
  assert.equal(verifyJwt('a.b', createPublicKey(key)), undefined);
});

test('addresses become octets', () => {
  assert.equal(addressOctets('fe80::1:2').toString('hex'), 'fe800000000000000000000000010002');
  assert.equal(addressOctets('::ffff:10.0.0.1').toString('hex'), '00000000000000000000ffff0a000001');
  assert.throws(() => addressOctets('10.0.0'), /no IP address/);
});
