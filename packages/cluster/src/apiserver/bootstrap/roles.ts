import type { KubeObject, ResourceId } from '@lateen/kube/types';

const group = 'rbac.authorization.k8s.io';
const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const roles: ResourceId = { group, version: 'v1', resource: 'clusterroles' };
const bindings: ResourceId = { group, version: 'v1', resource: 'clusterrolebindings' };

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const workloads = [
  'daemonsets',
  'deployments',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
  'statefulsets/scale',
];
const plain = [
  'configmaps',
  'endpoints',
  'events',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'serviceaccounts',
  'services',
];

/** The roles and bindings that RBAC starts with, as far as people's commands rely on them. */
export function bootstrapRoles(): [ResourceId, KubeObject][] {
  const discovery = [
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/healthz',
    '/livez',
    '/openapi',
    '/openapi/*',
    '/readyz',
    '/version',
    '/version/',
  ];
  return [
    role('cluster-admin', [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]),
    binding('cluster-admin', ['system:masters']),
    role('system:discovery', [{ nonResourceURLs: discovery, verbs: ['get'] }]),
    binding('system:discovery', ['system:authenticated']),
    role('system:public-info-viewer', [
      { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
    ]),
    binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
    role('system:basic-user', [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ]),
    binding('system:basic-user', ['system:authenticated']),
    role('system:service-account-issuer-discovery', [
      {
        nonResourceURLs: [
          '/.well-known/openid-configuration',
          '/.well-known/openid-configuration/',
          '/openid/v1/jwks',
          '/openid/v1/jwks/',
        ],
        verbs: ['get'],
      },
    ]),
    binding('system:service-account-issuer-discovery', ['system:serviceaccounts']),
    role('system:auth-delegator', [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]),
    role('view', viewRules()),
    role('edit', [...viewRules(), ...editRules()]),
    role('admin', [
      ...viewRules(),
      ...editRules(),
      { apiGroups: [group], resources: ['rolebindings', 'roles'], verbs: [...write, ...read] },
    ]),
  ];
}

function viewRules(): unknown[] {
  return [
    {
      apiGroups: [''],
      resources: [
        ...plain,
        'limitranges',
        'namespaces',
        'pods/log',
        'pods/status',
        'resourcequotas',
        'services/status',
      ],
      verbs: read,
    },
    { apiGroups: ['apps'], resources: [...workloads, 'controllerrevisions'], verbs: read },
    { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: read },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: read },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: read },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  ];
}

function editRules(): unknown[] {
  return [
    {
      apiGroups: [''],
      resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'],
      verbs: read,
    },
    {
      apiGroups: [''],
      resources: [...plain, 'secrets', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/eviction'],
      verbs: write,
    },
    { apiGroups: ['apps'], resources: workloads, verbs: write },
    { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: write },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: write },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'], verbs: write },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
  ];
}

function role(name: string, rules: unknown[]): [ResourceId, KubeObject] {
  return [
    roles,
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name, labels, annotations }, rules },
  ];
}

function binding(name: string, groups: string[]): [ResourceId, KubeObject] {
  const subjects = groups.map((one) => ({ kind: 'Group', apiGroup: group, name: one }));
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name };
  return [
    bindings,
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels, annotations },
      roleRef,
      subjects,
    },
  ];
}
