import { each, part, setDefault, setDefaults } from './set.ts';

export function defaultService(service: any): void {
  service.spec ??= {};
  const { spec } = service;
  setDefaults(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    setDefault(spec.sessionAffinityConfig.clientIP, 'timeoutSeconds', 10_800);
  }
  for (const port of each(spec.ports)) {
    setDefault(port, 'protocol', 'TCP');
    if (!port.targetPort) port.targetPort = port.port;
  }
  defaultTrafficPolicies(spec);
}

function defaultTrafficPolicies(spec: any): void {
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (external || spec.type === 'ClusterIP') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
}

export function defaultEndpoints(endpoints: any): void {
  for (const subset of each(endpoints.subsets))
    each(subset.ports).forEach((port) => {
      setDefault(port, 'protocol', 'TCP');
    });
}

export function defaultEndpointSlice(slice: any): void {
  for (const port of each(slice.ports)) setDefaults(port, { protocol: 'TCP', name: '' });
}

export function defaultNamespace(namespace: any): void {
  namespace.metadata ??= {};
  const { metadata } = namespace;
  if (!metadata.name) return;
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
}

export function defaultPersistentVolume(volume: any): void {
  setDefaults(part(volume, 'spec'), { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
  setDefault(part(volume, 'status'), 'phase', 'Pending');
  if (volume.spec.hostPath) volume.spec.hostPath.type ??= '';
}

export function defaultClaim(claim: any): void {
  setDefault(part(claim, 'status'), 'phase', 'Pending');
  setDefault(part(claim, 'spec'), 'volumeMode', 'Filesystem');
}

export function defaultNode(node: any): void {
  const spec = part(node, 'spec');
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  else if (!spec.podCIDR && spec.podCIDRs?.length) [spec.podCIDR] = spec.podCIDRs;
  const status = part(node, 'status');
  if (status.allocatable === undefined && status.capacity !== undefined)
    status.allocatable = { ...status.capacity };
}

/** `stringData` is a way to write `data`, and is never stored. */
export function defaultSecret(secret: any): void {
  setDefault(secret, 'type', 'Opaque');
  const given = Object.entries<string>(secret.stringData ?? {});
  if (given.length > 0) {
    const encoded = given.map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  }
  delete secret.stringData;
}

export function defaultLimitRange(range: any): void {
  for (const item of each(range.spec?.limits)) {
    if (item.type !== 'Container') continue;
    item.default = { ...item.max, ...item.default };
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
  }
}

const rbacGroup = 'rbac.authorization.k8s.io';

export function defaultBinding(binding: any): void {
  if (binding.roleRef) setDefault(binding.roleRef, 'apiGroup', rbacGroup);
  for (const subject of each(binding.subjects)) {
    if (subject.kind === 'User' || subject.kind === 'Group') setDefault(subject, 'apiGroup', rbacGroup);
  }
}

export function defaultNetworkPolicy(policy: any): void {
  policy.spec ??= {};
  if (!policy.spec.policyTypes?.length) {
    policy.spec.policyTypes = ['Ingress', ...(each(policy.spec.egress).length > 0 ? ['Egress'] : [])];
  }
  for (const rule of [...each(policy.spec.ingress), ...each(policy.spec.egress)]) {
    each(rule.ports).forEach((port) => {
      setDefault(port, 'protocol', 'TCP');
    });
  }
}

export function defaultIngressClass(object: any): void {
  if (object.spec?.parameters) setDefault(object.spec.parameters, 'scope', 'Cluster');
}

export function defaultStorageClass(object: any): void {
  setDefaults(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
}

export function defaultCsiDriver(object: any): void {
  setDefaults(part(object, 'spec'), {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  });
}

function defaultRules(rules: unknown): void {
  each(rules).forEach((rule) => {
    setDefault(rule, 'scope', '*');
  });
}

export function defaultWebhooks(configuration: any): void {
  const mutating = configuration.kind === 'MutatingWebhookConfiguration';
  for (const webhook of each(configuration.webhooks)) {
    setDefaults(webhook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...(mutating ? { reinvocationPolicy: 'Never' } : {}),
    });
    if (webhook.clientConfig?.service) setDefault(webhook.clientConfig.service, 'port', 443);
    defaultRules(webhook.rules);
  }
}

function defaultMatchResources(match: any): void {
  if (!match) return;
  setDefaults(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function defaultAdmissionPolicy(policy: any): void {
  setDefault(part(policy, 'spec'), 'failurePolicy', 'Fail');
  defaultMatchResources(policy.spec.matchConstraints);
}

export function defaultAdmissionBinding(binding: any): void {
  defaultMatchResources(binding.spec?.matchResources);
}

export function defaultApiService(object: any): void {
  if (object.spec?.service) setDefault(object.spec.service, 'port', 443);
}
