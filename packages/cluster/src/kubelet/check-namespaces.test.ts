import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose, type NamespaceFacts } from './check-namespaces.ts';

const facts: NamespaceFacts = {
  stderr: 'unshare failed: Operation not permitted',
  missingPrograms: [],
  settings: { 'user.max_user_namespaces': '15000' },
  seccomp: '0',
  inContainer: false,
  isRoot: false,
};

const cases: [string, Partial<NamespaceFacts>, RegExp][] = [
  [
    'Ubuntu',
    { settings: { 'kernel.apparmor_restrict_unprivileged_userns': '1' } },
    /sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0/,
  ],
  [
    'old Debian',
    { settings: { 'kernel.unprivileged_userns_clone': '0' } },
    /sysctl -w kernel\.unprivileged_userns_clone=1/,
  ],
  [
    'no user namespaces',
    { settings: { 'user.max_user_namespaces': '0' } },
    /sysctl -w user\.max_user_namespaces=15000/,
  ],
  ['a container', { inContainer: true, isRoot: true }, /seccomp=unconfined/],
  ['no iproute2', { missingPrograms: ['ip'] }, /"ip" \(Debian package iproute2\)/],
  ['something else', {}, /Operation not permitted/],
];

for (const [name, change, expected] of cases) {
  test(`what refuses namespaces: ${name}`, () => assert.match(diagnose({ ...facts, ...change }), expected));
}
