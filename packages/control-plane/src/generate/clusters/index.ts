import type { Generating } from '../context.ts';
import { blackHole, inboundPassthrough, passthrough } from './fixed.ts';
import { inboundClusters } from './inbound.ts';
import { outboundClusters } from './outbound.ts';
import type { ClusterParts } from './parts.ts';

/** All clusters of a proxy, sorted by name. */
export function generateClusters(context: Generating): ClusterParts[] {
  const clusters = [...outboundClusters(context), blackHole(context)];
  if (context.scope.node.type === 'sidecar') {
    clusters.push(...inboundClusters(context), passthrough(context));
    if (!context.plain) clusters.push(inboundPassthrough(context));
  }
  return clusters.sort((a, b) => (a.name < b.name ? -1 : 1));
}
