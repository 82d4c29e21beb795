import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { delay } from '@lateen/kit';

/**
 * Holds an exclusive lock file while `work` runs. A lock whose holder has died is taken over; after `timeout`
 * milliseconds of waiting for a live holder it rejects.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, timeout = 120_000): Promise<T> {
  const deadline = performance.now() + timeout;
  while (!tryLock(file)) {
    if (performance.now() > deadline) {
      throw new Error(
        `${file}: held by process ${holder(file)}; wait for it, or remove the file if that is not lateen`,
      );
    }
    await delay(50);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): boolean {
  try {
    const fd = openSync(file, 'wx');
    writeSync(fd, String(process.pid));
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = holder(file);
    if (pid !== undefined && !isAlive(pid)) rmSync(file, { force: true });
    return false;
  }
}

function holder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process with this pid exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}
