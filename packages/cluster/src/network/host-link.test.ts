import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { serveHostRequests } from './host-link.ts';

/** What a node gets that asks its host for this. */
function ask(...request: string[]): Promise<unknown> {
  const child = fork(path.join(import.meta.dirname, 'testing/host-link-program.ts'), request, {
    env: {},
    execArgv: [],
  });
  serveHostRequests(child);
  return new Promise((resolve, reject) => {
    child.on('message', (message: any) => {
      if (message.type === 'outcome') resolve(message.result);
    });
    child.on('exit', () => reject(new Error('no outcome')));
  });
}

test('the host answers for names, and keeps its own loopback to itself', async () => {
  const [addresses, loopback] = await Promise.all([
    ask('resolve', 'localhost'),
    ask('dial', '127.0.0.1', '80'),
  ]);
  assert.deepEqual(addresses, ['127.0.0.1']);
  assert.equal(loopback, 'ECONNREFUSED');
});
