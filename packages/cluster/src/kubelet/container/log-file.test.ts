import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { select } from '../server/logs.ts';
import { type LogEntry, LogFile, parseEntry, rotatedName } from './log-file.ts';

function withFile(body: (file: string) => void): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-log-'));
  try {
    body(path.join(directory, '0.log'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('lines are kept whole, whatever pieces they come in', () =>
  withFile((file) => {
    const log = new LogFile(file, 1e6, () => 0);
    const seen: (LogEntry | undefined)[] = [];
    log.follow((entry) => seen.push(entry));
    log.append('stdout', Buffer.from('one\ntw'));
    log.append('stderr', Buffer.from('oops\n'));
    log.append('stdout', Buffer.from('o\n\nlast'));
    log.close();
    assert.deepEqual(
      seen.map((entry) => entry?.text),
      ['one', 'oops', 'two', '', 'last', undefined],
    );
    assert.equal(readFileSync(file, 'utf8').split('\n')[1], '1970-01-01T00:00:00.000000000Z stderr F oops');
  }));

test('a line without end is cut, and the file does not grow for ever', () =>
  withFile((file) => {
    const log = new LogFile(file, 50_000, () => 0);
    for (let turn = 0; turn < 20; turn++) log.append('stdout', Buffer.alloc(16 * 1024, 'x'));
    log.close();
    assert.ok(statSync(file).size <= 50_000);
    assert.ok(statSync(rotatedName(file)).size <= 50_000);
    assert.equal(parseEntry(readFileSync(file, 'utf8').split('\n')[0]!)?.partial, true);
  }));

test('readers choose by time, number and stream', () => {
  const entry = (second: number, stream: 'stdout' | 'stderr'): LogEntry => ({
    time: `2026-01-01T00:00:0${second}.000000000Z`,
    stream,
    text: String(second),
    partial: false,
  });
  const entries = [entry(1, 'stdout'), entry(2, 'stderr'), entry(3, 'stdout')];
  const texts = (options: object) =>
    select(entries, { timestamps: false, ...options }).map(({ text }) => text);
  assert.deepEqual(texts({ tail: 2 }), ['2', '3']);
  assert.deepEqual(texts({ tail: 0 }), []);
  assert.deepEqual(texts({ since: Date.parse('2026-01-01T00:00:02Z') }), ['2', '3']);
  assert.deepEqual(texts({ stream: 'stderr' }), ['2']);
});
