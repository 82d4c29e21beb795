import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Ipam } from './ipam.ts';

function withFile(body: (file: string) => void): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-ipam-'));
  try {
    body(path.join(directory, 'addresses.json'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('a pod keeps its address over restarts, and a freed one rests', () =>
  withFile((file) => {
    const first = new Ipam(file, '10.244.0.0/29');
    assert.equal(first.gateway, '10.244.0.1');
    assert.deepEqual(
      ['a', 'b', 'a'].map((uid) => first.allocate(uid)),
      ['10.244.0.2', '10.244.0.3', '10.244.0.2'],
    );
    first.release('a');
    const second = new Ipam(file, '10.244.0.0/29');
    assert.equal(second.allocate('b'), '10.244.0.3');
    assert.deepEqual(
      ['c', 'd', 'e', 'f'].map((uid) => second.allocate(uid)),
      ['10.244.0.4', '10.244.0.5', '10.244.0.6', '10.244.0.2'],
    );
    assert.throws(() => second.allocate('g'), /no pod address is free/);
    second.retain(new Set(['b']));
    assert.equal(second.allocate('g'), '10.244.0.4');
  }));

test('a broken file, or one of another range, is not believed', () =>
  withFile((file) => {
    writeFileSync(file, '{');
    assert.equal(new Ipam(file, '10.244.0.0/16').allocate('a'), '10.244.0.2');
    assert.equal(new Ipam(file, '10.1.0.0/16').allocate('a'), '10.1.0.2');
    assert.throws(() => new Ipam(file, '10.1.0.0'), /is no IPv4 range/);
  }));
