import { isHttp, isSniffed } from '../../ir/service.ts';
import { duration, type Generating, type Json, socketAddress } from '../context.ts';
import { type InboundTarget, inboundTargets } from '../inbound-targets.ts';
import { configPath, inboundName } from '../names.ts';
import { provenance } from '../provenance.ts';
import { passthroughRoutes } from '../routes/inbound.ts';
import { nowhereStatName } from '../stat-name.ts';
import { meshDownstreamTls } from '../tls.ts';
import { accessLog, noRoute } from './access-log.ts';
import { httpChain } from './http.ts';
import { chainName, inboundHttp } from './inbound.ts';
import { unknownTraffic } from './outbound.ts';
import { httpInspector, type Listener, listener, originalDst, serverNameInspector } from './parts.ts';
import { tcpChain } from './tcp.ts';

const outboundPort = 15001;
const inboundPort = 15006;

/** Where redirected outgoing connections arrive; hands them to the listener of their destination. */
export function virtualOutbound(context: Generating): Listener {
  return listener('virtualOutbound', {
    accessLog: accessLog(context.scope.mesh, noRoute),
    address: socketAddress('0.0.0.0', outboundPort),
    filterChains: [
      {
        filterChainMatch: { destinationPort: outboundPort },
        filters: tcpChain(context, 'outbound', 'BlackHoleCluster', { log: false }),
        name: 'virtualOutbound-blackhole',
      },
      { filters: unknownTraffic(context), name: 'virtualOutbound-catchall-tcp' },
    ],
    maxConnectionsToAcceptPerSocketEvent: 1,
    trafficDirection: 'OUTBOUND',
    useOriginalDst: true,
  });
}

/** Where redirected incoming connections arrive. */
export function virtualInbound(context: Generating): Listener {
  const targets = inboundTargets(context);
  return listener('virtualInbound', {
    accessLog: accessLog(context.scope.mesh, noRoute),
    address: socketAddress('0.0.0.0', inboundPort),
    continueOnListenerFiltersTimeout: true,
    filterChains: [
      {
        filterChainMatch: { destinationPort: inboundPort },
        filters: tcpChain(context, 'inbound', 'BlackHoleCluster', { log: false }),
        name: 'virtualInbound-blackhole',
      },
      ...passthroughChains(context),
      ...targets.flatMap((target) => targetChains(context, target)),
    ],
    listenerFilters: inspectors(targets),
    listenerFiltersTimeout: duration(context.scope.mesh.protocolDetectionTimeout),
    maxConnectionsToAcceptPerSocketEvent: 1,
    trafficDirection: 'INBOUND',
  });
}

const meshHttp = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const meshTcp = ['istio-peer-exchange', 'istio'];
const plainHttp = ['http/1.1', 'h2c'];

function httpTls(context: Generating): Json {
  return meshDownstreamTls(context.scope.mesh, ['h2', 'http/1.1']);
}

function tcpTls(context: Generating): Json {
  return meshDownstreamTls(context.scope.mesh, ['istio-peer-exchange', 'h2', 'http/1.1']);
}

/** For ports that no service leads to. */
function passthroughChains(context: Generating): Json[] {
  const http = httpChain(context, 'inbound', 'InboundPassthroughCluster', {
    inline: passthroughRoutes(context),
  });
  const pattern = context.scope.mesh.inboundStatName;
  const statPrefix = pattern && nowhereStatName(pattern);
  const tcp = tcpChain(context, 'inbound', 'InboundPassthroughCluster', { statPrefix });
  const name = 'virtualInbound-catchall-http';
  return [
    {
      filterChainMatch: { applicationProtocols: meshHttp, transportProtocol: 'tls' },
      filters: http,
      name,
      transportSocket: httpTls(context),
    },
    {
      filterChainMatch: { applicationProtocols: plainHttp, transportProtocol: 'raw_buffer' },
      filters: http,
      name,
    },
    {
      filterChainMatch: { applicationProtocols: meshTcp, transportProtocol: 'tls' },
      filters: tcp,
      name: 'virtualInbound',
      transportSocket: tcpTls(context),
    },
    { filterChainMatch: { transportProtocol: 'raw_buffer' }, filters: tcp, name: 'virtualInbound' },
    { filterChainMatch: { transportProtocol: 'tls' }, filters: tcp, name: 'virtualInbound' },
  ];
}

function targetChains(context: Generating, target: InboundTarget): Json[] {
  const metadata =
    target.ingress && provenance({ config: configPath(target.ingress.origin) }, target.ingress.origin);
  const chains = protocolChains(context, target);
  return metadata ? chains.map((chain) => ({ ...chain, metadata })) : chains;
}

function protocolChains(context: Generating, target: InboundTarget): Json[] {
  const name = chainName(context, target);
  const match = (fields: Json) => ({ destinationPort: target.number, ...fields });
  const both = ['istio', 'istio-peer-exchange', ...meshHttp];
  const bytes = () => tcpChain(context, 'inbound', inboundName(target.number));
  const http = () => inboundHttp(context, target);
  if (isHttp(target.protocol)) {
    return [
      {
        filterChainMatch: match({ applicationProtocols: both, transportProtocol: 'tls' }),
        filters: http(),
        name,
        transportSocket: httpTls(context),
      },
      { filterChainMatch: match({ transportProtocol: 'raw_buffer' }), filters: http(), name },
    ];
  }
  if (isSniffed(target.protocol)) {
    return [
      {
        filterChainMatch: match({ applicationProtocols: meshHttp, transportProtocol: 'tls' }),
        filters: http(),
        name,
        transportSocket: httpTls(context),
      },
      {
        filterChainMatch: match({ applicationProtocols: plainHttp, transportProtocol: 'raw_buffer' }),
        filters: http(),
        name,
      },
      {
        filterChainMatch: match({ applicationProtocols: meshTcp, transportProtocol: 'tls' }),
        filters: bytes(),
        name,
        transportSocket: tcpTls(context),
      },
      { filterChainMatch: match({ transportProtocol: 'raw_buffer' }), filters: bytes(), name },
      { filterChainMatch: match({ transportProtocol: 'tls' }), filters: bytes(), name },
    ];
  }
  return [
    {
      filterChainMatch: match({ applicationProtocols: both, transportProtocol: 'tls' }),
      filters: bytes(),
      name,
      transportSocket: tcpTls(context),
    },
    { filterChainMatch: match({ transportProtocol: 'tls' }), filters: bytes(), name },
    { filterChainMatch: match({ transportProtocol: 'raw_buffer' }), filters: bytes(), name },
  ];
}

/** The inspectors look only at ports where their answer decides something. */
function inspectors(targets: readonly InboundTarget[]): Json[] {
  const known = targets.filter((target) => !isSniffed(target.protocol)).map((target) => target.number);
  return [
    originalDst,
    { ...serverNameInspector, filterDisabled: range(inboundPort) },
    { ...httpInspector, filterDisabled: anyOf([...known, inboundPort].sort((a, b) => a - b).map(range)) },
  ];
}

function range(port: number): Json {
  return { destinationPortRange: { end: port + 1, start: port } };
}

function anyOf(rules: Json[]): Json {
  return rules.length === 1 ? rules[0]! : { orMatch: { rules } };
}
