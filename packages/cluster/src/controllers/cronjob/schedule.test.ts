import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTime, parseSchedule } from './schedule.ts';

const rows: Array<[schedule: string, after: string, next: string | undefined, zone?: string]> = [
  ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z'],
  ['0 0 1 1 *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['30 9 * * mon-fri', '2026-01-02T09:30:00Z', '2026-01-05T09:30:00Z'],
  ['0 12 13 * 5', '2026-02-01T00:00:00Z', '2026-02-06T12:00:00Z'],
  ['@hourly', '2026-01-01T23:59:59Z', '2026-01-02T00:00:00Z'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
  ['0 8 * * *', '2026-01-01T00:00:00Z', '2026-01-01T07:00:00Z', 'Europe/Paris'],
  ['0 8 * * *', '2026-07-01T00:00:00Z', '2026-07-01T06:00:00Z', 'Europe/Paris'],
];
for (const [text, after, next, zone] of rows) {
  test(`after ${after}, ${text} comes at ${next}`, () => {
    const time = nextTime(parseSchedule(text, zone), Date.parse(after));
    assert.equal(time, next === undefined ? undefined : Date.parse(next));
  });
}

test('what is no schedule is refused', () => {
  for (const text of ['nonsense', '* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *']) {
    assert.throws(() => parseSchedule(text));
  }
});
