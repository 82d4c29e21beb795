import { spawn } from 'node:child_process';

/** Waits for a line that never comes. Children of others that end up here are reaped by the kernel. */
const script = "trap 'exit 143' TERM INT HUP; trap '' CHLD; read line";

/**
 * Starts the first process of the PID namespace that the calling thread gives its children. When it ends, so does
 * everything in the namespace; it ends by itself when the node does.
 */
export function startInit(): { kill(): void } {
  const child = spawn('/bin/sh', ['-c', script], {
    argv0: 'init',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
    detached: true,
  });
  child.on('error', () => {});
  child.stdin!.on('error', () => {});
  return { kill: () => child.kill('SIGKILL') };
}
