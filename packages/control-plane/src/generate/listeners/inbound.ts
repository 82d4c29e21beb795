import { isHttp, isSniffed } from '../../ir/service.ts';
import { duration, type Generating, type Json, socketAddress } from '../context.ts';
import { type InboundTarget, inboundTargets } from '../inbound-targets.ts';
import { inboundName } from '../names.ts';
import { inboundRoutes } from '../routes/inbound.ts';
import { httpChain } from './http.ts';
import { httpInspector, type Listener, listener, originalDst } from './parts.ts';
import { tcpChain } from './tcp.ts';

/** Without redirection: one listener on the workload's own address for each of its ports. */
export function plainInboundListeners(context: Generating): Listener[] {
  const address = context.scope.node.addresses[0] ?? '0.0.0.0';
  return inboundTargets(context).map((target) => plainInbound(context, target, address));
}

function plainInbound(context: Generating, target: InboundTarget, address: string): Listener {
  const name = `${address}_${target.number}`;
  const sniff = isSniffed(target.protocol);
  const http = { filters: inboundHttp(context, target), name };
  const bytes = { filters: tcpChain(context, 'inbound', inboundName(target.number)), name };
  return listener(name, {
    address: socketAddress(address, target.number),
    bindToPort: true,
    transparent: true,
    continueOnListenerFiltersTimeout: true,
    listenerFiltersTimeout: duration(context.scope.mesh.protocolDetectionTimeout),
    trafficDirection: 'INBOUND',
    filterChains: sniff
      ? [{ filterChainMatch: sniffedHttp, ...http }]
      : [isHttp(target.protocol) ? http : bytes],
    defaultFilterChain: sniff ? bytes : undefined,
    listenerFilters: sniff ? [originalDst, httpInspector] : [originalDst],
  });
}

const sniffedHttp: Json = { applicationProtocols: ['http/1.1', 'h2c'], transportProtocol: 'raw_buffer' };

/** The filters for HTTP to one of the workload's ports. */
export function inboundHttp(context: Generating, target: InboundTarget): Json[] {
  return httpChain(context, 'inbound', `inbound_${chainName(context, target)}`, {
    inline: inboundRoutes(context, target),
  });
}

/** Chains are named after the address that is listened on: any, or the workload's own where a Sidecar says what to hear. */
export function chainName(context: Generating, target: InboundTarget): string {
  const address = target.ingress ? (context.scope.node.addresses[0] ?? '0.0.0.0') : '0.0.0.0';
  return `${address}_${target.number}`;
}
