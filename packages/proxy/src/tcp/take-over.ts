import { type OnReadOpts, Socket } from 'node:net';

type WithHandle = { _handle: object | null };

/**
 * The same connection as another socket object that reads into memory of our choice, which Node offers for outgoing
 * connections only. Nothing may have been read from `socket` yet. Where the runtime does not permit it, undefined.
 */
export function takeOver(socket: Socket, onread: OnReadOpts): Socket | undefined {
  const holder = socket as unknown as WithHandle;
  const handle = holder._handle;
  if (!handle || socket.readableLength > 0 || socket.destroyed) return undefined;
  holder._handle = null;
  const options = { handle, allowHalfOpen: true, readable: true, writable: true, onread };
  const own = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  own.once('close', () => socket.destroy());
  return own;
}
