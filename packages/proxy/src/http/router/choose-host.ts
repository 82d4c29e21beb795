import type { ForwardAction } from '../../route/types.ts';
import type { Cluster, Host } from '../../upstream/types.ts';
import type { Stream } from '../stream.ts';

/** Asks the cluster's balancer, with everything that the route and the request give it to look at. */
export function chooseHost(
  stream: Stream,
  action: ForwardAction,
  cluster: Cluster,
  hash: bigint | undefined,
  tried: readonly Host[] | undefined,
): Host | undefined {
  const { retry } = action;
  const avoid = retry.avoidPrevious && tried !== undefined ? (host: Host) => tried.includes(host) : undefined;
  return cluster.chooseHost({
    downstream: stream.info.connection,
    hash,
    metadataMatch: metadataMatch(stream, action),
    avoid,
    maxSelectionAttempts: retry.selectionAttempts,
    originalDestination: originalDestination(stream, cluster),
  } as Parameters<Cluster['chooseHost']>[0]);
}

function metadataMatch(stream: Stream, action: ForwardAction): Readonly<Record<string, unknown>> | undefined {
  const weighted = stream.match?.weighted?.metadataMatch;
  const dynamic = stream.info.dynamicMetadata['envoy.lb'];
  if (weighted === undefined && dynamic === undefined) return action.metadataMatch;
  return { ...action.metadataMatch, ...weighted, ...dynamic };
}

function originalDestination(stream: Stream, cluster: Cluster): string | undefined {
  const config = cluster.message.originalDstLbConfig;
  if (config === undefined || !config.useHttpHeader) return undefined;
  return stream.request.first(config.httpHeaderName?.toLowerCase() || 'x-envoy-original-dst-host');
}
