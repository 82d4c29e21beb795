import net, { type Server } from 'node:net';
import type { PodNetwork, PodNetworks } from './pod-network.ts';
import { connect, relay } from './relay.ts';

/** Ports of the sidecar that applications are used to finding on their own loopback. */
const agentPorts = [15000, 15004, 15020, 15021, 15090];

/**
 * Makes the sidecar's own ports answer on the application's loopback too: in Kubernetes both share one. Returns what
 * has to be closed with the pod.
 */
export function joinLoopbacks(networks: PodNetworks, { application, sidecar }: PodNetwork): Server[] {
  return agentPorts.map((port) => {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      client.on('error', () => {});
      connect(networks.dial(sidecar, '127.0.0.1', port)).then(
        (upstream) => {
          relay(client, upstream);
          client.resume();
        },
        () => client.resetAndDestroy(),
      );
    });
    server.on('error', () => {});
    server.listen({ fd: networks.listen(application, '127.0.0.1', port) });
    return server;
  });
}
