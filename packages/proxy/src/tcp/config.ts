import { type Message, Problems, words } from '../config/problems.ts';
import { milliseconds } from '../config/values.ts';

export interface WeightedCluster {
  readonly name: string;
  readonly weight: number;
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined;
}

export interface TcpProxyConfig {
  readonly statPrefix: string;
  readonly clusters: readonly WeightedCluster[];
  readonly totalWeight: number;
  /** Milliseconds; 0 means never. */
  readonly idleTimeout: number;
  readonly maxDuration: number;
  readonly maxConnectAttempts: number;
  readonly hashSourceIp: boolean;
  readonly accessLog: readonly Message[];
}

const known =
  words(`statPrefix cluster weightedClusters metadataMatch idleTimeout accessLog maxConnectAttempts hashPolicy
  maxDownstreamConnectionDuration accessLogFlushInterval flushAccessLogOnConnected accessLogOptions
  downstreamIdleTimeout upstreamIdleTimeout`);

const hour = 3_600_000;

export function readTcpProxy(
  message: Message,
  path: string,
): { readonly value: TcpProxyConfig; readonly problems: Problems } {
  const problems = new Problems();
  problems.onlyKnown(message, known, path);
  const clusters = readClusters(message);
  if (clusters.length === 0)
    problems.add(
      `${path}.cluster`,
      'cluster_specifier is required: name a cluster or weighted_clusters',
      'Missing',
    );
  if (!message.statPrefix) problems.add(`${path}.stat_prefix`, 'value length must be at least 1 characters');
  const value: TcpProxyConfig = {
    statPrefix: message.statPrefix ?? '',
    clusters,
    totalWeight: clusters.reduce((sum, cluster) => sum + cluster.weight, 0),
    idleTimeout: milliseconds(message.idleTimeout, hour),
    maxDuration: milliseconds(message.maxDownstreamConnectionDuration, 0),
    maxConnectAttempts: message.maxConnectAttempts ?? 1,
    hashSourceIp: (message.hashPolicy ?? []).some((policy: Message) => policy.sourceIp !== undefined),
    accessLog: message.accessLog ?? [],
  };
  return { value, problems };
}

const lbMetadata = (metadata: Message | undefined) => metadata?.filterMetadata?.['envoy.lb'];

function readClusters(message: Message): WeightedCluster[] {
  if (message.weightedClusters) {
    return message.weightedClusters.clusters.map((entry: Message) => ({
      name: entry.name,
      weight: entry.weight ?? 0,
      metadataMatch: lbMetadata(entry.metadataMatch) ?? lbMetadata(message.metadataMatch),
    }));
  }
  return message.cluster
    ? [{ name: message.cluster, weight: 1, metadataMatch: lbMetadata(message.metadataMatch) }]
    : [];
}
