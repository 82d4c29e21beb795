import net, { type Server } from 'node:net';
import type { Log } from '@lateen/kit';
import { closeNamespaces, type NamespaceFds } from '../kubelet/linux/namespaces.ts';
import { type Answer, type Question, recordTypes, responseCodes } from './dns/message.ts';
import type { Upstream } from './dns/server.ts';
import type { HostLink } from './host-link.ts';
import type { PodNetworks } from './pod-network.ts';
import { relay } from './relay.ts';

/** TCP ports by which the world outside of the cluster can be reached; all others are refused at once. */
const ports = [
  ...[
    21, 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 853, 993, 995, 1433, 3000, 3306, 4222, 4317, 4318,
    5000,
  ],
  ...[
    5432, 5672, 6379, 8000, 8008, 8080, 8081, 8443, 8888, 9000, 9042, 9080, 9090, 9092, 9200, 9411, 11211,
    27017,
  ],
];

/**
 * Takes connections to addresses outside of the cluster, in a namespace in which every address is local, and continues
 * them in the host's network. Without a host to ask nothing listens there, and they are refused.
 */
export async function startEgress(
  networks: PodNetworks,
  host: HostLink,
  log: Log,
): Promise<{ close(): void }> {
  const namespace: NamespaceFds = await networks.createEgress();
  const servers: Server[] = [];
  for (const port of host.available ? ports : []) {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      client.on('error', () => {});
      host.dial(client.localAddress!, client.localPort!).then(
        (upstream) => {
          relay(client, upstream);
          client.resume();
          upstream.resume();
        },
        (error: Error) => {
          log.debug(`no way to ${client.localAddress}:${client.localPort}`, { error });
          client.resetAndDestroy();
        },
      );
    });
    server.on('error', (error) => log.warn(`port ${port} outside of the cluster`, { error }));
    server.listen({ fd: networks.listen(namespace, '0.0.0.0', port) });
    servers.push(server);
  }
  return {
    close() {
      for (const server of servers) server.close();
      closeNamespaces(namespace);
    },
  };
}

/** Answers for names outside of the cluster: addresses as the host knows them. */
export function hostResolver(host: HostLink): Upstream {
  return async (question: Question): Promise<Answer | undefined> => {
    if (!host.available) return undefined;
    const answer = (code: number, answers: Answer['answers'] = []) => ({
      code,
      authoritative: false,
      answers,
    });
    if (![recordTypes.A, recordTypes.AAAA, recordTypes.ANY].some((type) => type === question.type)) {
      return answer(responseCodes.notImplemented);
    }
    try {
      const addresses = await host.resolve(question.name);
      const wanted = question.type === recordTypes.AAAA ? [] : addresses;
      const name = question.original;
      return answer(
        responseCodes.noError,
        wanted.map((address) => ({ type: 'A', name, ttl: 30, address })),
      );
    } catch (error) {
      const unknown = ['ENOTFOUND', 'ENODATA'].includes((error as Error).message);
      return answer(unknown ? responseCodes.nameError : responseCodes.serverFailure);
    }
  };
}
