import { readFileSync } from 'node:fs';
import { reapChild } from './linux/libc.ts';

const interval = 10_000;

/**
 * The node is the first process of its namespace: what loses its parent becomes its child and stays as a zombie unless
 * it is collected. A zombie that is still there at the next look was nobody's.
 */
export function startReaper(): () => void {
  let before = new Set<number>();
  const timer = setInterval(() => {
    const now = new Set(zombies());
    for (const pid of now) if (before.has(pid)) reapChild(pid);
    before = now;
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}

function zombies(): number[] {
  return children().filter((pid) => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}

function children(): number[] {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
