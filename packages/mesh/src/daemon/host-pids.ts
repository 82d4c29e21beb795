import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Maps pids as the node's processes see them to the host's, for the pid namespace in which `nodePid` (the host's) is first. */
export function hostPids(nodePid: number): Map<number, number> {
  const found = new Map<number, number>();
  const namespace = pidNamespace(nodePid);
  if (!namespace) return found;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const host = Number(name);
    if (pidNamespace(host) !== namespace) continue;
    const inner = innerPid(host);
    if (inner) found.set(inner, host);
  }
  return found;
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function innerPid(pid: number): number | undefined {
  try {
    const line = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]!.trim().split(/\s+/).at(-1)) : undefined;
  } catch {
    return undefined;
  }
}

/** The node itself is the child of the `unshare` that the daemon started. */
export function childOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    return undefined;
  }
}
