import type { ChildProcess } from 'node:child_process';
import dns from 'node:dns/promises';
import net, { type Socket } from 'node:net';
import { delay } from '@lateen/kit';

/**
 * What the node asks of the host, over their IPC channel: connections to addresses outside of the cluster, and names. The
 * node's own namespace has no way out.
 */
type HostRequest =
  | { readonly type: 'dial'; readonly id: number; readonly host: string; readonly port: number }
  | { readonly type: 'resolve'; readonly id: number; readonly name: string };

/** The answer; a connection comes along as the message's handle. */
interface HostAnswer {
  readonly type: 'answer';
  readonly id: number;
  readonly addresses?: readonly string[];
  /** The name of an error, such as `ECONNREFUSED` or `ENOTFOUND`. */
  readonly error?: string;
}

const dialTimeout = 10_000;
const resolveTimeout = 3_000;
const mostPending = 2_000;

/** Addresses that mean the host itself; what listens there is its user's, not the cluster's. */
const refused = new net.BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  refused.addSubnet(address, bits);
}

/** The host's end: answers a node's requests for as long as its channel is open. */
export function serveHostRequests(node: ChildProcess): void {
  node.on('message', (message: HostRequest) => {
    if (message.type === 'dial') void dial(message).then(({ answer, socket }) => send(node, answer, socket));
    else if (message.type === 'resolve') void resolve(message).then((answer) => send(node, answer));
  });
}

function send(node: ChildProcess, answer: HostAnswer, socket?: Socket): void {
  if (!node.connected) return void socket?.destroy();
  node.send(answer, socket as never, {}, (error) => {
    if (error) socket?.destroy();
  });
}

function dial({
  id,
  host,
  port,
}: Extract<HostRequest, { type: 'dial' }>): Promise<{ answer: HostAnswer; socket?: Socket }> {
  const failed = (error: string) => ({ answer: { type: 'answer', id, error } as const });
  if (net.isIPv4(host) && refused.check(host)) return Promise.resolve(failed('ECONNREFUSED'));
  return new Promise((settle) => {
    // Paused, so that nothing is read here before the node has the connection.
    const socket = new net.Socket({ allowHalfOpen: true }).pause();
    const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), dialTimeout);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      settle(failed(error.code ?? error.message));
    });
    socket.connect(port, host, () => {
      clearTimeout(timer);
      settle({ answer: { type: 'answer', id }, socket });
    });
  });
}

async function resolve({ id, name }: Extract<HostRequest, { type: 'resolve' }>): Promise<HostAnswer> {
  try {
    const late = delay(resolveTimeout).then(() => Promise.reject(new Error('ETIMEOUT')));
    const found = await Promise.race([dns.lookup(name, { all: true, family: 4 }), late]);
    return { type: 'answer', id, addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { type: 'answer', id, error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

/** The node's end. Requests fail when the node was started without a channel. */
export class HostLink {
  readonly #pending = new Map<number, (answer: HostAnswer, socket?: Socket) => void>();
  #next = 1;

  constructor() {
    process.on('message', this.#receive);
  }

  /** Whether there is a host to ask. */
  get available(): boolean {
    return process.connected === true;
  }

  /** A connection made in the host's network. Rejects with the error's name. */
  async dial(host: string, port: number): Promise<Socket> {
    const { answer, socket } = await this.#ask({ type: 'dial', host, port });
    if (!socket) throw new Error(answer.error ?? 'ECONNRESET');
    return socket;
  }

  /** IPv4 addresses of a name, as the host knows them. Rejects with the error's name. */
  async resolve(name: string): Promise<readonly string[]> {
    const { answer } = await this.#ask({ type: 'resolve', name });
    if (!answer.addresses) throw new Error(answer.error ?? 'ESERVFAIL');
    return answer.addresses;
  }

  close(): void {
    process.off('message', this.#receive);
    for (const [id, settle] of this.#pending) settle({ type: 'answer', id, error: 'ECONNABORTED' });
  }

  readonly #receive = (message: unknown, socket: unknown): void => {
    const answer = message as HostAnswer;
    if (answer?.type === 'answer') this.#pending.get(answer.id)?.(answer, socket as Socket | undefined);
  };

  #ask(request: { type: 'dial'; host: string; port: number } | { type: 'resolve'; name: string }) {
    return new Promise<{ answer: HostAnswer; socket?: Socket }>((settle, reject) => {
      if (!this.available || this.#pending.size >= mostPending) return reject(new Error('ENETUNREACH'));
      const id = this.#next++;
      this.#pending.set(id, (answer, socket) => {
        this.#pending.delete(id);
        settle({ answer, socket });
      });
      process.send!({ ...request, id });
    });
  }
}
