/**
 * The command line that starts the node: in user, network, mount, UTS, IPC and PID namespaces of its own, so that
 * whatever way it ends, its processes, namespaces and mounts end with it. Works for an unprivileged user and for root.
 */
export function nodeCommand(program: readonly string[]): string[] {
  return ['unshare', '-Urnmuipf', '--mount-proc', '--kill-child', '--', ...program];
}
