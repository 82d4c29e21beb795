import type { GroupVersionKind, KindSchema, KubeObject } from '../types.ts';
import { applyBuiltinDefaults } from './defaults/index.ts';
import { builtinTable } from './table.ts';
import { validateBuiltin } from './validate/index.ts';

/** Kinds whose objects live in no namespace. */
const clusterKinds: ReadonlySet<string> = new Set(
  (
    'Namespace Node PersistentVolume ComponentStatus MutatingWebhookConfiguration ValidatingWebhookConfiguration ' +
    'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding CustomResourceDefinition APIService TokenReview ' +
    'SelfSubjectReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview CertificateSigningRequest ' +
    'FlowSchema PriorityLevelConfiguration IngressClass IPAddress ServiceCIDR RuntimeClass ClusterRole ' +
    'ClusterRoleBinding PriorityClass CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass ' +
    'DeviceClass ResourceSlice'
  ).split(' '),
);

/** The schema of a built-in kind; undefined for what Kubernetes does not have. */
export function builtinKind(gvk: GroupVersionKind): KindSchema | undefined {
  const table = builtinTable();
  const struct = table.kinds[`${gvk.group}/${gvk.version}/${gvk.kind}`] ?? metaKind(gvk);
  if (struct === undefined) return undefined;
  const namespaced = !clusterKinds.has(gvk.kind);
  return {
    gvk,
    custom: false,
    namespaced,
    root: table.node(struct),
    applyDefaults: (object: KubeObject) => applyBuiltinDefaults(gvk, table.node(struct), object),
    validate: (object, old, subresource) => validateBuiltin(gvk, namespaced, object, old, subresource),
  };
}

const metaKinds = ['DeleteOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions', 'Status', 'WatchEvent'];

function metaKind(gvk: GroupVersionKind): string | undefined {
  return metaKinds.includes(gvk.kind) ? `~meta.v1.${gvk.kind}` : undefined;
}

/** Every built-in kind, in no particular order. */
export function builtinKinds(): readonly GroupVersionKind[] {
  return Object.keys(builtinTable().kinds).map((key) => {
    const [group, version, kind] = key.split('/');
    return { group: group!, version: version!, kind: kind! };
  });
}
