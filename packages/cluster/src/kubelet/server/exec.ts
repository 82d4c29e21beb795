import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream';
import type { Container } from '../container/container.ts';
import { type Launched, ProgramNotFound } from '../container/launch.ts';
import type { RemoteSession, StreamChoice } from './session.ts';

/** Output may come this long after the process has ended, from what it has started. */
const drainTime = 300;

/** Runs a program in a container for a client, until it ends or the client goes. Never rejects. */
export async function runExec(
  session: RemoteSession,
  container: Container,
  command: readonly string[],
  choice: StreamChoice,
): Promise<void> {
  let launched: Launched;
  try {
    launched = container.exec(command, { stdin: choice.stdin, tty: choice.tty });
  } catch (error) {
    return session.finish({ failure: describeFailure(error as Error) });
  }
  let over = false;
  session.onResize(launched.resize);
  session.onClose(() => {
    if (!over) launched.kill(choice.tty ? 'SIGHUP' : 'SIGTERM');
    setTimeout(() => launched.kill('SIGKILL'), 2_000).unref();
  });
  if (session.stdin && launched.stdin) session.stdin.pipe(launched.stdin);
  else launched.stdin?.end();
  const output = [copy(launched.stdout, session.stdout), copy(launched.stderr, session.stderr)];
  const exit = await launched.exited;
  over = true;
  await Promise.all(output.map((done) => done()));
  launched.stdin?.destroy();
  await session.finish({ exitCode: exit.code });
}

/** Lets a client take part in a container's main process. Ends when the container ends or the client goes. */
export async function runAttach(
  session: RemoteSession,
  container: Container,
  choice: StreamChoice,
): Promise<void> {
  const stop = container.onOutput((stream, chunk) => {
    const target = stream === 'stdout' ? session.stdout : session.stderr;
    if (target?.writable) target.write(chunk);
  });
  session.onClose(stop);
  session.onResize((columns, rows) => container.resize(columns, rows));
  if (choice.stdin && session.stdin && container.stdin) {
    // The process keeps its input open when one of its clients goes.
    session.stdin.pipe(container.stdin, { end: !container.tty });
  }
  const exit = await container.exited;
  stop();
  await session.finish({ exitCode: exit.code });
}

/** Copies a process's output to the client; the returned function waits until all has been copied. */
function copy(from: Readable | undefined, to: Writable | undefined): () => Promise<void> {
  if (!from) return async () => {};
  if (!to) {
    from.resume();
    return async () => {};
  }
  from.pipe(to, { end: false });
  let quiet = Date.now();
  from.on('data', () => {
    quiet = Date.now();
  });
  const ended = new Promise<void>((resolve) => finished(from, { writable: false }, () => resolve()));
  return async () => {
    const timer = setInterval(() => {
      if (Date.now() - quiet > drainTime && !to.writableNeedDrain) from.destroy();
    }, 50);
    await ended;
    clearInterval(timer);
  };
}

function describeFailure(error: Error): string {
  if (!(error instanceof ProgramNotFound)) return `error executing command in container: ${error.message}`;
  const reason = `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}: unknown`;
  return `error executing command in container: failed to exec in container: failed to start exec: ${reason}`;
}
