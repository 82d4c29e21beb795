import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { delay } from '@lateen/kit';
import { CommandError } from '../context.ts';
import { stopDaemon } from './daemon-client.ts';
import type { ClusterFiles } from './files.ts';
import { isAlive, withLock } from './lock.ts';

/** Stops the cluster and returns when every process of it has ended; without `keep` its folder is removed too. */
export async function down(files: ClusterFiles, keep: boolean): Promise<{ readonly stopped: boolean }> {
  const lock = path.join(files.home, `.${files.name}.lock`);
  return withLock(lock, async () => {
    const pid = daemonPid(files);
    const asked = await stopDaemon(files).catch(() => false);
    if (pid !== undefined) await waitForEnd(pid, files);
    rmSync(files.run, { recursive: true, force: true });
    if (!keep) rmSync(files.dir, { recursive: true, force: true });
    return { stopped: asked || pid !== undefined };
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && error.path === lock) return { stopped: false };
    throw error;
  });
}

/** The daemon's pid if the process with it is that daemon still: a stale file may name someone else's process. */
function daemonPid(files: ClusterFiles): number | undefined {
  try {
    const pid = Number(readFileSync(files.daemonPid, 'utf8'));
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.includes('daemon') && args.includes(files.name) ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function waitForEnd(pid: number, files: ClusterFiles): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      throw new CommandError(
        `the daemon of cluster ${files.name} (pid ${pid}) did not end in 40 s and was killed; run 'lateen down' again`,
      );
    }
    await delay(20);
  }
}
