import { duration, type Generating, type Json, typed } from '../context.ts';
import { keepalive } from './keepalive.ts';
import { type ClusterParts, cluster, metadataExchange, unlimited } from './parts.ts';

/** Where connections go that must go nowhere. */
export function blackHole(context: Generating): ClusterParts {
  return cluster('BlackHoleCluster', {
    connectTimeout: duration(context.scope.mesh.connectTimeout),
    type: 'STATIC',
  });
}

/** Where connections go that nothing is known about: to where they were sent. */
export function passthrough(context: Generating): ClusterParts {
  return cluster('PassthroughCluster', {
    ...originalDestination(context),
    filters: context.plain ? undefined : [metadataExchange],
  });
}

/** The same for what comes in, from an address that is not captured again. */
export function inboundPassthrough(context: Generating): ClusterParts {
  return cluster('InboundPassthroughCluster', {
    ...originalDestination(context),
    altStatName: 'PassthroughCluster;',
    upstreamBindConfig: localSource,
  });
}

/** The source address that the capturing rules let through. */
export const localSource: Json = { sourceAddress: { address: '127.0.0.6', portValue: 0 } };

function originalDestination(context: Generating): Json {
  return {
    circuitBreakers: { thresholds: [unlimited] },
    connectTimeout: duration(context.scope.mesh.connectTimeout),
    lbPolicy: 'CLUSTER_PROVIDED',
    type: 'ORIGINAL_DST',
    upstreamConnectionOptions: keepalive(context.scope.mesh.keepalive),
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        {
          commonHttpProtocolOptions: { idleTimeout: '300s' },
          useDownstreamProtocolConfig: { http2ProtocolOptions: {}, httpProtocolOptions: {} },
        },
      ),
    },
  };
}
