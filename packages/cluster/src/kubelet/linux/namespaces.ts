import { closeSync, openSync } from 'node:fs';
import {
  CLONE_FS,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  setns,
  unshare,
} from './libc.ts';

export type NamespaceKind = 'mnt' | 'uts' | 'ipc' | 'pid' | 'net';

/** Open descriptors of namespaces; whoever opened them closes them. */
export type NamespaceFds = Partial<Record<NamespaceKind, number>>;

const flags: Record<NamespaceKind, number> = {
  net: CLONE_NEWNET,
  uts: CLONE_NEWUTS,
  ipc: CLONE_NEWIPC,
  pid: CLONE_NEWPID,
  mnt: CLONE_NEWNS,
};
const kinds = Object.keys(flags) as NamespaceKind[];

/**
 * Moves the main thread between namespaces. A child process that is started inside inherits them, and so does a socket
 * that is created inside: no helper program is needed. Only synchronous work may be done inside, because the event
 * loop's own work happens in the node's namespaces.
 */
export class NamespaceGate {
  readonly #own: Record<NamespaceKind, number>;

  constructor() {
    const own: NamespaceFds = {};
    for (const kind of kinds) own[kind] = openSync(`/proc/self/ns/${kind}`, 'r');
    this.#own = own as Record<NamespaceKind, number>;
  }

  /** Runs `body` inside the given namespaces, and inside fresh ones of the kinds in `fresh`. */
  within<T>(enter: NamespaceFds, fresh: readonly NamespaceKind[], body: () => T): T {
    unshare(CLONE_FS);
    const moved: NamespaceKind[] = [];
    try {
      for (const kind of kinds) {
        const fd = enter[kind];
        if (fd === undefined) continue;
        moved.push(kind);
        setns(fd, flags[kind]);
      }
      if (fresh.length > 0) {
        moved.push(...fresh);
        unshare(fresh.reduce((sum, kind) => sum | flags[kind], 0));
      }
      return body();
    } finally {
      for (const kind of moved) this.#return(kind);
    }
  }

  #return(kind: NamespaceKind): void {
    try {
      setns(this.#own[kind], flags[kind]);
    } catch (error) {
      // Going on in a container's namespace would damage everything else; the daemon starts the node again.
      process.stderr.write(`lateen node: cannot return to its own ${kind} namespace: ${error}\n`);
      process.exit(70);
    }
  }

  close(): void {
    for (const kind of kinds) closeSync(this.#own[kind]);
  }
}

/** Inside `NamespaceGate.within`: descriptors of the namespaces that the thread is in now. */
export function openCurrentNamespaces(wanted: readonly NamespaceKind[]): NamespaceFds {
  const fds: NamespaceFds = {};
  for (const kind of wanted) {
    fds[kind] = openSync(`/proc/self/ns/${kind === 'pid' ? 'pid_for_children' : kind}`, 'r');
  }
  return fds;
}

export function closeNamespaces(fds: NamespaceFds): void {
  for (const fd of Object.values(fds)) closeSync(fd);
}
