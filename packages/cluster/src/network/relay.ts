import net, { type Socket } from 'node:net';

/** Passes bytes both ways until both sides have ended; an error on one side ends the other. */
export function relay(left: Socket, right: Socket): void {
  left.on('error', () => right.destroy());
  right.on('error', () => left.destroy());
  left.on('close', (failed) => failed && right.destroy());
  right.on('close', (failed) => failed && left.destroy());
  left.pipe(right);
  right.pipe(left);
}

export interface Target {
  readonly address: string;
  readonly port: number;
}

const connectTimeout = 10_000;

/** Connects to the first target that answers. Rejects with the last error when none does. */
export async function connectFirst(targets: readonly Target[]): Promise<Socket> {
  let failure: Error = new Error('there is no endpoint');
  for (const { address, port } of targets) {
    try {
      return await connect(net.connect({ host: address, port, allowHalfOpen: true }));
    } catch (error) {
      failure = error as Error;
    }
  }
  throw failure;
}

/** Resolves once a connecting socket is connected. */
export function connect(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('the connection timed out')), connectTimeout);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

/** Joins an accepted connection with one to the first target that answers; resets it when none does. */
export async function forward(client: Socket, targets: readonly Target[]): Promise<void> {
  client.pause();
  client.on('error', () => {});
  try {
    const upstream = await connectFirst(targets);
    if (client.destroyed) {
      upstream.destroy();
      return;
    }
    client.setNoDelay(true);
    relay(client, upstream);
    client.resume();
  } catch {
    client.resetAndDestroy();
  }
}
