import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { StoreEvent } from './collection.ts';
import { Store, StoreConflict } from './store.ts';

const thing = (name: string, data: string) => (resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'a', resourceVersion },
  data,
});

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('writes are ordered, conflicts are found, everything is there after reopening', () =>
  inDirectory(async (directory) => {
    const store = Store.open(directory);
    const first = store.put('things', { namespace: 'a', name: 'x' }, undefined, thing('x', '1'));
    const second = store.put('things', { namespace: 'a', name: 'x' }, first.entry, thing('x', '2'));
    assert.throws(
      () => store.put('things', { namespace: 'a', name: 'x' }, first.entry, thing('x', '3')),
      (error) => error instanceof StoreConflict && error.current === second.entry,
    );
    const gone = store.put('things', { namespace: 'a', name: 'y' }, undefined, thing('y', '1'));
    await store.remove('things', gone.entry).durable;
    const { version } = store;
    await store.close();
    appendFileSync(join(directory, 'log-1'), 'torn');

    const again = Store.open(directory);
    assert.deepEqual(
      [...again.collection('things').entries()].map((entry) => entry.object.data),
      ['2'],
    );
    assert.ok(again.version > version);
    assert.equal(
      again.watch('things', version, () => {}),
      undefined,
    );
    await again.close();
  }));

test('watchers get what follows a version, and are told when it is forgotten', () =>
  inDirectory(async (directory) => {
    const store = Store.open(directory, { history: 3 });
    const { entry, durable } = store.put('things', { namespace: 'a', name: 'x' }, undefined, thing('x', '0'));
    await durable;
    const events: StoreEvent[] = [];
    const stop = store.watch('things', entry.version, (event) => events.push(event));
    let last = entry;
    for (let index = 1; index <= 8; index++) {
      const write = store.put('things', { namespace: 'a', name: 'x' }, last, thing('x', String(index)));
      last = write.entry;
      await write.durable;
    }
    stop!();
    await store.remove('things', last).durable;
    assert.deepEqual(
      events.map((event) => event.entry.object.data),
      ['1', '2', '3', '4', '5', '6', '7', '8'],
    );
    assert.equal(
      store.watch('things', entry.version, () => {}),
      undefined,
    );
    const replayed: string[] = [];
    store.watch('things', last.version - 1, (event) => replayed.push(event.type));
    assert.deepEqual(replayed, ['MODIFIED', 'DELETED']);
    await store.close();
  }));

test('compaction keeps the state, also of writes that arrive meanwhile', () =>
  inDirectory(async (directory) => {
    const store = Store.open(directory, { compactAt: 5_000 });
    const writes = Array.from({ length: 300 }, (_, index) =>
      store.put(
        'things',
        { namespace: 'a', name: `x${index}` },
        undefined,
        thing(`x${index}`, 'y'.repeat(50)),
      ),
    );
    await Promise.all(writes.map((write) => write.durable));
    for (const write of writes.slice(0, 100)) await store.remove('things', write.entry).durable;
    await store.close();
    assert.ok(readdirSync(directory).some((name) => name.startsWith('snapshot-')));
    const again = Store.open(directory);
    assert.equal(again.collection('things').size, 200);
    await again.close();
  }));

test('what was acknowledged survives kill -9', () =>
  inDirectory(async (directory) => {
    const script = join(import.meta.dirname, 'testdata/writer.ts');
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const present = new Map<string, number>();
    const deleted = new Set<string>();
    let lines = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('-')) deleted.add(line.slice(1));
      else present.set(line.split(' ')[0]!, Number(line.split(' ')[1]));
      if (++lines === 400) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const store = Store.open(directory);
    const collection = store.collection('things');
    for (const [name, version] of present) {
      const found = collection.get('a', name);
      const batch = Number(name.split('-')[1]);
      if (deleted.has(name)) assert.equal(found, undefined, `${name} is back`);
      else if (batch % 2 === 0) assert.equal(found?.version, version, `${name} is lost`);
    }
    await store.close();
  }));
