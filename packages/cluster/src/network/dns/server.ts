import dgram from 'node:dgram';
import net from 'node:net';
import type { Log } from '@lateen/kit';
import {
  type Answer,
  formatAnswer,
  parseQuery,
  type Question,
  recordTypes,
  responseCodes,
} from './message.ts';
import { type DnsSource, resolveCluster } from './resolve.ts';

/** Answers for names outside of the cluster; undefined means that nobody could be asked. */
export type Upstream = (question: Question) => Promise<Answer | undefined>;

export interface DnsOptions {
  readonly address: string;
  readonly port?: number;
  readonly domain: string;
  readonly source: DnsSource;
  readonly upstream?: Upstream;
  readonly log: Log;
}

const udpLimit = 1232;
const idleTimeout = 10_000;

/** The cluster's DNS server, over UDP and TCP. */
export class DnsServer {
  readonly #options: DnsOptions;
  readonly #udp = dgram.createSocket('udp4');
  readonly #tcp = net.createServer((socket) => this.#serveStream(socket));

  constructor(options: DnsOptions) {
    this.#options = options;
  }

  /** Resolves with the port once both listen. */
  async start(): Promise<number> {
    const { address, port = 53 } = this.#options;
    this.#udp.on('message', async (packet, { address: peer, port: peerPort }) => {
      const answer = await this.#answer(packet, udpLimit);
      if (answer) this.#udp.send(answer, peerPort, peer, () => {});
    });
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen(port, address, () => resolve());
    });
    const bound = (this.#tcp.address() as net.AddressInfo).port;
    await new Promise<void>((resolve, reject) => {
      this.#udp.once('error', reject);
      this.#udp.bind(bound, address, () => {
        this.#udp.removeListener('error', reject);
        this.#udp.on('error', (error) => this.#options.log.warn('DNS', { error }));
        resolve();
      });
    });
    return bound;
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  async #answer(packet: Buffer, limit: number): Promise<Buffer | undefined> {
    const query = parseQuery(packet);
    if (!query) return undefined;
    const { source, domain, upstream } = this.#options;
    if (query.opcode !== 0) return formatAnswer(query, failure(responseCodes.notImplemented), limit);
    const own = resolveCluster(query.question, source, domain);
    const outside = own ?? (await upstream?.(query.question).catch(() => undefined));
    const answer = outside ?? failure(responseCodes.nameError);
    return formatAnswer(query, await this.#follow(answer, query.question), limit);
  }

  /** An alias of the cluster may lead outside: then what it leads to belongs to the answer. */
  async #follow(answer: Answer, question: Question): Promise<Answer> {
    const alias = answer.answers.length === 1 ? answer.answers[0]! : undefined;
    if (alias?.type !== 'CNAME' || question.type === recordTypes.CNAME) return answer;
    const { source, domain, upstream } = this.#options;
    const next = { ...question, name: alias.target.toLowerCase(), original: alias.target };
    const target = resolveCluster(next, source, domain) ?? (await upstream?.(next).catch(() => undefined));
    return { ...answer, answers: [alias, ...(target?.answers ?? [])] };
  }

  #serveStream(socket: net.Socket): void {
    socket.setTimeout(idleTimeout, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', async (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0);
        const packet = pending.subarray(2, 2 + length);
        pending = pending.subarray(2 + length);
        const answer = await this.#answer(Buffer.from(packet), 65_535);
        if (!answer || socket.destroyed) return socket.destroy();
        const head = Buffer.alloc(2);
        head.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([head, answer]));
      }
    });
  }
}

function failure(code: number): Answer {
  return { code, authoritative: false, answers: [] };
}
