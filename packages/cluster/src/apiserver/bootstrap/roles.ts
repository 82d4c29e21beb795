import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@lateen/kube/types';
import type { Core } from '../core.ts';
import { canonical } from '../engine/canonical.ts';
import { clusterRoleBindings, clusterRoles } from '../gen/roles.ts';

const group = 'rbac.authorization.k8s.io';
const common = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

/** Stores the roles and bindings that RBAC starts with, where they are missing. */
export async function bootstrapRoles(core: Core): Promise<void> {
  const writes = clusterRoles.map(([name, labels, aggregated, rules]) => {
    const selectors = aggregated.map((matchLabels) => ({ matchLabels }));
    const rule = selectors.length > 0 ? { aggregationRule: { clusterRoleSelectors: selectors } } : {};
    return ensure(core, 'clusterroles', 'ClusterRole', name, labels, { ...rule, rules });
  });
  for (const [name, role, subjects] of clusterRoleBindings) {
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: role };
    writes.push(ensure(core, 'clusterrolebindings', 'ClusterRoleBinding', name, {}, { roleRef, subjects }));
  }
  await Promise.all(writes);
}

async function ensure(
  core: Core,
  plural: string,
  kind: string,
  name: string,
  labels: Record<string, string>,
  content: object,
): Promise<void> {
  const storage = `${plural}.${group}`;
  if (core.store.collection(storage).get('', name)) return;
  const object: KubeObject = {
    kind,
    apiVersion: `${group}/v1`,
    metadata: {
      name,
      uid: randomUUID(),
      creationTimestamp: `${new Date(core.clock.now()).toISOString().slice(0, 19)}Z`,
      labels: { ...common, ...labels },
      annotations,
    },
    ...content,
  };
  const { durable } = core.store.put(storage, { namespace: '', name }, undefined, (version) =>
    canonical(object, version),
  );
  await durable;
}
