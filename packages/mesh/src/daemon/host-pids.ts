import { readdirSync, readFileSync } from 'node:fs';

/**
 * Maps pids as the node sees them to the host's. `nodePid` is the host's pid of the node; the processes below it may be in
 * further pid namespaces, one a container.
 */
export function hostPids(nodePid: number): Map<number, number> {
  const processes = readProcesses();
  const depth = processes.get(nodePid)?.pids.length;
  const found = new Map<number, number>();
  if (depth === undefined) return found;
  for (const [host, { pids }] of processes) {
    if (pids.length >= depth && descendsFrom(processes, host, nodePid)) found.set(pids[depth - 1]!, host);
  }
  return found;
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

interface Process {
  readonly parent: number;
  /** Its pid in each pid namespace, from the host's inwards. */
  readonly pids: readonly number[];
}

function readProcesses(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? readProcess(name) : undefined;
    if (entry) found.set(Number(name), entry);
  }
  return found;
}

function readProcess(name: string): Process | undefined {
  try {
    const status = readFileSync(`/proc/${name}/status`, 'utf8');
    const parent = /^PPid:\s+(\d+)$/m.exec(status);
    const pids = /^NSpid:\s+(.*)$/m.exec(status);
    return parent && pids
      ? { parent: Number(parent[1]), pids: pids[1]!.trim().split(/\s+/).map(Number) }
      : undefined;
  } catch {
    return undefined;
  }
}

function descendsFrom(processes: ReadonlyMap<number, Process>, pid: number, ancestor: number): boolean {
  for (let at: number | undefined = pid; at; at = processes.get(at)?.parent) if (at === ancestor) return true;
  return false;
}
