import type { Duplex } from 'node:stream';
import { parseSize, type RemoteSession, type StreamChoice, sessionStatus } from './session.ts';
import { SpdyConnection, type SpdyStream } from './spdy/connection.ts';

/** Stream protocols that are spoken over SPDY, the newest first. */
export const streamProtocols = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

const streamTimeout = 30_000;

/** A session over SPDY: the client opens one stream for each of its own. Rejects when they do not come. */
export function spdySession(
  transport: Duplex,
  choice: StreamChoice,
  protocol: string,
): Promise<RemoteSession> {
  const wanted = ['error'];
  if (choice.stdin) wanted.push('stdin');
  if (choice.stdout) wanted.push('stdout');
  if (choice.stderr && !choice.tty) wanted.push('stderr');
  if (choice.tty && (protocol.startsWith('v4') || protocol.startsWith('v3'))) wanted.push('resize');
  return new Promise((resolve, reject) => {
    const streams = new Map<string, SpdyStream>();
    const fail = (reason: string) => {
      clearTimeout(timer);
      connection.close();
      reject(new Error(reason));
    };
    const timer = setTimeout(() => fail('the client did not open its streams in time'), streamTimeout);
    const connection = new SpdyConnection(transport, (stream) => {
      streams.set(stream.headers.streamtype ?? '', stream);
      if (!wanted.every((name) => streams.has(name))) return;
      clearTimeout(timer);
      resolve(makeSession(connection, transport, streams, protocol));
    });
    transport.on('close', () => fail('the client has gone'));
  });
}

function makeSession(
  connection: SpdyConnection,
  transport: Duplex,
  streams: ReadonlyMap<string, SpdyStream>,
  protocol: string,
): RemoteSession {
  const stdout = streams.get('stdout');
  const stderr = streams.get('stderr');
  return {
    stdin: streams.get('stdin'),
    stdout,
    stderr,
    onResize: (listener) => listenForSize(streams.get('resize'), listener),
    onClose: (listener) => void transport.on('close', listener),
    async finish(result) {
      const text = JSON.stringify(sessionStatus(result));
      const failed = 'failure' in result || result.exitCode !== 0;
      const older = failed ? ((JSON.parse(text) as { message: string }).message ?? '') : '';
      const error = streams.get('error')!;
      await Promise.all([end(stdout), end(stderr), end(error, protocol.startsWith('v4') ? text : older)]);
      connection.close();
    },
  };
}

function listenForSize(
  stream: SpdyStream | undefined,
  listener: (columns: number, rows: number) => void,
): void {
  stream?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\n')) {
      const size = parseSize(line);
      if (size) listener(size.columns, size.rows);
    }
  });
}

function end(stream: SpdyStream | undefined, text?: string): Promise<void> {
  return new Promise((resolve) => {
    if (!stream || stream.destroyed || stream.writableEnded) return resolve();
    stream.on('close', () => resolve());
    stream.end(text ?? '', () => resolve());
  });
}
