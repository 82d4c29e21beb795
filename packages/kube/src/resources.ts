import type { ResourceId } from './types.ts';

const core = (resource: string): ResourceId => ({ group: '', version: 'v1', resource });
const apps = (resource: string): ResourceId => ({ group: 'apps', version: 'v1', resource });
const batch = (resource: string): ResourceId => ({ group: 'batch', version: 'v1', resource });
const rbac = (resource: string): ResourceId => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource,
});
const admission = (resource: string): ResourceId => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource,
});
const networking = (resource: string): ResourceId => ({
  group: 'networking.istio.io',
  version: 'v1',
  resource,
});
const security = (resource: string): ResourceId => ({ group: 'security.istio.io', version: 'v1', resource });
const gateway = (resource: string, version = 'v1'): ResourceId => ({
  group: 'gateway.networking.k8s.io',
  version,
  resource,
});

/** The resources that parts of the mesh and of the cluster ask for. */
export const resources = {
  configMaps: core('configmaps'),
  endpoints: core('endpoints'),
  events: core('events'),
  limitRanges: core('limitranges'),
  namespaces: core('namespaces'),
  nodes: core('nodes'),
  persistentVolumeClaims: core('persistentvolumeclaims'),
  persistentVolumes: core('persistentvolumes'),
  pods: core('pods'),
  replicationControllers: core('replicationcontrollers'),
  resourceQuotas: core('resourcequotas'),
  secrets: core('secrets'),
  serviceAccounts: core('serviceaccounts'),
  services: core('services'),
  controllerRevisions: apps('controllerrevisions'),
  daemonSets: apps('daemonsets'),
  deployments: apps('deployments'),
  replicaSets: apps('replicasets'),
  statefulSets: apps('statefulsets'),
  cronJobs: batch('cronjobs'),
  jobs: batch('jobs'),
  horizontalPodAutoscalers: { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' },
  podDisruptionBudgets: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
  leases: { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' },
  ingresses: { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' },
  ingressClasses: { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses' },
  networkPolicies: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
  priorityClasses: { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' },
  storageClasses: { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' },
  clusterRoleBindings: rbac('clusterrolebindings'),
  clusterRoles: rbac('clusterroles'),
  roleBindings: rbac('rolebindings'),
  roles: rbac('roles'),
  mutatingWebhookConfigurations: admission('mutatingwebhookconfigurations'),
  validatingWebhookConfigurations: admission('validatingwebhookconfigurations'),
  customResourceDefinitions: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resource: 'customresourcedefinitions',
  },
  apiServices: { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' },
  tokenReviews: { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' },
  destinationRules: networking('destinationrules'),
  envoyFilters: { group: 'networking.istio.io', version: 'v1alpha3', resource: 'envoyfilters' },
  gateways: networking('gateways'),
  proxyConfigs: { group: 'networking.istio.io', version: 'v1beta1', resource: 'proxyconfigs' },
  serviceEntries: networking('serviceentries'),
  sidecars: networking('sidecars'),
  virtualServices: networking('virtualservices'),
  workloadEntries: networking('workloadentries'),
  workloadGroups: networking('workloadgroups'),
  authorizationPolicies: security('authorizationpolicies'),
  peerAuthentications: security('peerauthentications'),
  requestAuthentications: security('requestauthentications'),
  telemetries: { group: 'telemetry.istio.io', version: 'v1', resource: 'telemetries' },
  wasmPlugins: { group: 'extensions.istio.io', version: 'v1alpha1', resource: 'wasmplugins' },
  gatewayClasses: gateway('gatewayclasses'),
  gatewayApiGateways: gateway('gateways'),
  grpcRoutes: gateway('grpcroutes'),
  httpRoutes: gateway('httproutes'),
  referenceGrants: gateway('referencegrants', 'v1beta1'),
  tcpRoutes: gateway('tcproutes', 'v1alpha2'),
  tlsRoutes: gateway('tlsroutes', 'v1alpha2'),
} as const satisfies Record<string, ResourceId>;

/** `resource.group/version`, a name for maps and logs. */
export function resourceName(id: ResourceId): string {
  return id.group === '' ? `${id.resource}/${id.version}` : `${id.resource}.${id.group}/${id.version}`;
}

/** `apiVersion` of the objects of a resource. */
export function apiVersionOf(id: ResourceId): string {
  return id.group === '' ? id.version : `${id.group}/${id.version}`;
}
