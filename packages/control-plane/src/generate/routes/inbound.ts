import { portOrigin } from '../../ir/service.ts';
import type { Generating, Json } from '../context.ts';
import type { InboundTarget } from '../inbound-targets.ts';
import { inboundName } from '../names.ts';
import { provenance } from '../provenance.ts';

/** The only route of a workload's port: to the workload. */
export function inboundRoutes(_context: Generating, target: InboundTarget): Json {
  const { own, number } = target;
  const { ingress } = target;
  const host = ingress
    ? `${ingress.origin.name}.${ingress.origin.namespace}:${number}`
    : own
      ? `${own.service.host}:${own.port.number}`
      : `:${number}`;
  const origin = ingress?.origin ?? (own && portOrigin(own.service, own.port));
  return configuration(inboundName(number), number, `${host}/*`, origin && provenance(undefined, origin));
}

export function passthroughRoutes(_context: Generating): Json {
  return configuration('InboundPassthroughCluster', 0, ':0/*', undefined);
}

function configuration(cluster: string, port: number, operation: string, metadata: Json | undefined): Json {
  const route: Json = {
    decorator: { operation },
    match: { prefix: '/' },
    name: 'default',
    route: {
      cluster,
      maxStreamDuration: { grpcTimeoutHeaderMax: '0s', maxStreamDuration: '0s' },
      retryPolicy: { numRetries: 2, retryOn: 'reset-before-request' },
      timeout: '0s',
    },
  };
  if (metadata) route.metadata = metadata;
  return {
    name: cluster,
    validateClusters: false,
    virtualHosts: [{ domains: ['*'], name: `inbound|http|${port}`, routes: [route] }],
  };
}
