import { isHttp } from '../../ir/service.ts';
import type { BoundPort, BoundServer } from '../../scope/gateways.ts';
import { type Generating, type Json, socketAddress } from '../context.ts';
import { provenance } from '../provenance.ts';
import { accessLog, noRoute } from './access-log.ts';
import { httpChain } from './http.ts';
import { appliesTo, ruledChain } from './l4.ts';
import { handshake, type Listener, listener } from './parts.ts';

/** One listener for every port that Gateways open on this proxy. */
export function gatewayListeners(context: Generating): Listener[] {
  return context.scope.gatewayPorts
    .map((port) => gatewayListener(context, port))
    .filter((made) => made !== undefined);
}

function gatewayListener(context: Generating, bound: BoundPort): Listener | undefined {
  const chains = chainsOf(context, bound);
  if (chains.length === 0) return undefined;
  const name = `${bound.bind}_${bound.port}`;
  return listener(name, {
    accessLog: accessLog(context.scope.mesh, noRoute),
    address: socketAddress(bound.bind, bound.port),
    filterChains: chains,
    maxConnectionsToAcceptPerSocketEvent: 1,
    trafficDirection: 'OUTBOUND',
  });
}

/** The first server decides what a port speaks; servers of another kind on it are not served. */
function chainsOf(context: Generating, bound: BoundPort): Json[] {
  const [first] = bound.servers;
  if (!first) return [];
  if (speaksHttp(first)) {
    const filters = httpChain(context, 'gateway', `outbound_${bound.bind}_${bound.port}`, {
      rds: `http.${bound.port}`,
    });
    return [{ filters, ...handshake }];
  }
  return bound.servers.filter(passesBytes).flatMap((server) => tcpChains(context, server));
}

export function speaksHttp({ server }: BoundServer): boolean {
  return (
    isHttp(server.protocol as never) &&
    !server.tls?.mode.match(/^(SIMPLE|MUTUAL|ISTIO_MUTUAL|OPTIONAL_MUTUAL)$/)
  );
}

function passesBytes({ server }: BoundServer): boolean {
  return server.protocol === 'TCP' || server.protocol === 'MONGO';
}

function tcpChains(context: Generating, bound: BoundServer): Json[] {
  const gateway = `${bound.gateway.namespace}/${bound.gateway.name}`;
  for (const { rules } of bound.rules) {
    const route = rules.tcp.find((entry) =>
      appliesTo(entry, context.scope, gateway, rules, bound.server.port),
    );
    if (!route) continue;
    const { filters } = ruledChain(context, rules, route, bound.server.port, 'gateway');
    return [{ filters, metadata: provenance(undefined, route.origin, bound.server.origin), ...handshake }];
  }
  return [];
}
