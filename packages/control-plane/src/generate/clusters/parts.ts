import type { ConnectionPool } from '../../ir/destination.ts';
import { type Json, typed } from '../context.ts';

export type ClusterParts = Json & { '@type': string };

export function cluster(name: string, fields: Json): ClusterParts {
  return typed('envoy.config.cluster.v3.Cluster', { name, altStatName: `${name};`, ...fields });
}

const most = 4294967295;

export const unlimited: Json = {
  maxConnections: most,
  maxPendingRequests: most,
  maxRequests: most,
  maxRetries: most,
};

/** Limits of a cluster; none where the pool says nothing. */
export function thresholds(pool: ConnectionPool | undefined): Json {
  return {
    maxConnections: pool?.maxConnections ?? most,
    maxPendingRequests: pool?.maxPendingRequests ?? most,
    maxRequests: pool?.maxRequests ?? most,
    maxRetries: pool?.maxRetries ?? most,
  };
}

/** Istio's own filter that lets proxies tell each other who they are. */
export const metadataExchange: Json = {
  name: 'istio.metadata_exchange',
  typedConfig: typed('udpa.type.v1.TypedStruct', {
    typeUrl: 'type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange',
    value: { enable_discovery: true, protocol: 'istio-peer-exchange' },
  }),
};
