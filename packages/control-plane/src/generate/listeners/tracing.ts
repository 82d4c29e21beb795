import type { Generating, Json } from '../context.ts';

const dryRunTags: readonly (readonly [string, string])[] = [
  ['allow_policy.name', 'allow_shadow_effective_policy_id'],
  ['allow_policy.result', 'allow_shadow_engine_result'],
  ['deny_policy.name', 'deny_shadow_effective_policy_id'],
  ['deny_policy.result', 'deny_shadow_engine_result'],
];

/** Sampling and the tags that every span carries. */
export function tracing(context: Generating): Json {
  const { node, mesh } = context.scope;
  const literal = (tag: string, value: string) => ({ literal: { value }, tag: `istio.${tag}` });
  return {
    clientSampling: { value: 100 },
    customTags: [
      ...dryRunTags.map(([tag, key]) => ({
        metadata: {
          kind: { request: {} },
          metadataKey: { key: 'envoy.filters.http.rbac', path: [{ key: `istio_dry_run_${key}` }] },
        },
        tag: `istio.authorization.dry_run.${tag}`,
      })),
      literal('canonical_revision', canonicalRevision(node.labels)),
      literal('canonical_service', canonicalService(node)),
      literal('cluster_id', node.metadata.CLUSTER_ID ?? mesh.clusterId),
      literal('mesh_id', node.metadata.MESH_ID ?? mesh.trustDomain),
      literal('namespace', node.namespace),
    ],
    overallSampling: { value: 100 },
    randomSampling: mesh.traceSampling === 0 ? {} : { value: mesh.traceSampling },
  };
}

function canonicalRevision(labels: Readonly<Record<string, string>>): string {
  return (
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels.version ??
    'latest'
  );
}

function canonicalService(node: Generating['scope']['node']): string {
  const { labels } = node;
  return (
    labels['service.istio.io/canonical-name'] ??
    labels['app.kubernetes.io/name'] ??
    labels.app ??
    node.metadata.WORKLOAD_NAME ??
    'unknown'
  );
}
