import { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import {
  parseSize,
  type RemoteSession,
  type SessionResult,
  type StreamChoice,
  sessionStatus,
} from './session.ts';

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Subprotocols in which each message begins with the number of its channel, the newest first. */
export const channelProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'] as const;

/** A session over a WebSocket with numbered channels. */
export function webSocketSession(socket: WebSocket, choice: StreamChoice): RemoteSession {
  const stdin = choice.stdin ? channelReader(socket) : undefined;
  let size: { columns: number; rows: number } | undefined;
  let resized: ((columns: number, rows: number) => void) | undefined;
  socket.on('error', () => {});
  socket.on('message', (data: Buffer, isBinary) => {
    const message = isBinary ? data : Buffer.from(data);
    const [channel] = message;
    if (channel === channels.stdin) stdin?.receive(message.subarray(1));
    else if (channel === channels.close && message[1] === channels.stdin) stdin?.receive(null);
    else if (channel === channels.resize) {
      size = parseSize(message.toString('utf8', 1)) ?? size;
      if (size) resized?.(size.columns, size.rows);
    }
  });
  socket.on('close', () => stdin?.receive(null));
  return {
    stdin,
    stdout: choice.stdout ? channelWriter(socket, channels.stdout) : undefined,
    stderr: choice.stderr && !choice.tty ? channelWriter(socket, channels.stderr) : undefined,
    onResize(listener) {
      resized = listener;
      if (size) listener(size.columns, size.rows);
    },
    onClose: (listener) => void socket.on('close', listener),
    finish: (result) => finish(socket, result),
  };
}

function finish(socket: WebSocket, result: SessionResult): Promise<void> {
  const status = Buffer.from(JSON.stringify(sessionStatus(result)));
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(Buffer.concat([Buffer.from([channels.error]), status]), () => {
      socket.close(1000);
      resolve();
    });
  });
}

function channelReader(socket: WebSocket): Readable & { receive(chunk: Buffer | null): void } {
  const stream = new Readable({ read: () => socket.resume() });
  let ended = false;
  return Object.assign(stream, {
    receive(chunk: Buffer | null) {
      if (ended) return;
      ended = chunk === null;
      if (!stream.push(chunk) && chunk !== null) socket.pause();
    },
  });
}

function channelWriter(socket: WebSocket, channel: number): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      if (socket.readyState !== socket.OPEN) return done();
      socket.send(Buffer.concat([Buffer.from([channel]), chunk]), () => done());
    },
  });
}
