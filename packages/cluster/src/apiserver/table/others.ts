import type { KubeObject } from '@lateen/kube/types';
import type { Cells } from './core.ts';
import { age, andMore, condition, humanDuration, listOr, selectorText } from './format.ts';

function ingressCells(ingress: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = ingress;
  const hosts: string[] = (spec.rules ?? []).map((rule: any) => rule.host).filter(Boolean);
  const addresses = (status.loadBalancer?.ingress ?? [])
    .map((one: any) => one.ip || one.hostname)
    .filter(Boolean);
  return [
    ingress.metadata.name,
    spec.ingressClassName ?? '<none>',
    hosts.length === 0 ? '*' : andMore(hosts, 3),
    addresses.join(','),
    spec.tls?.length ? '80, 443' : '80',
    age(ingress, now),
  ];
}

function sliceCells(slice: KubeObject, now: number): unknown[] {
  const ports = (slice.ports ?? []).map((port: any) => (port.port === undefined ? '*' : String(port.port)));
  const addresses = (slice.endpoints ?? []).flatMap((endpoint: any) => endpoint.addresses ?? []);
  return [
    slice.metadata.name,
    slice.addressType,
    slice.ports?.length ? andMore(ports, 3) : '<unset>',
    addresses.length === 0 ? '<unset>' : andMore(addresses, 3),
    age(slice, now),
  ];
}

function bindingCells(binding: KubeObject, now: number): unknown[] {
  const { roleRef = {}, subjects = [] } = binding;
  const names = (kind: string) =>
    subjects
      .filter((one: any) => one.kind === kind)
      .map((one: any) => (kind === 'ServiceAccount' ? `${one.namespace}/${one.name}` : one.name))
      .join(', ');
  return [
    binding.metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    age(binding, now),
    names('User'),
    names('Group'),
    names('ServiceAccount'),
  ];
}

function requestCells(request: KubeObject, now: number): unknown[] {
  const { spec = {}, status = {} } = request;
  const has = (type: string) => condition(request, type) !== undefined;
  let state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  if (has('Failed')) state += ',Failed';
  if (status.certificate) state += ',Issued';
  const duration = spec.expirationSeconds;
  return [
    request.metadata.name,
    age(request, now),
    spec.signerName || '<none>',
    spec.username,
    duration === undefined ? '<none>' : humanDuration(duration * 1000),
    state,
  ];
}

function isDefaultClass(object: KubeObject): boolean {
  const { annotations = {} } = object.metadata;
  return [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ].some((key) => annotations[key] === 'true');
}

const nameAndAge: Cells = (o, now) => [o.metadata.name, age(o, now)];
const nameAndCreated: Cells = (o) => [o.metadata.name, o.metadata.creationTimestamp];

export const otherCells: Readonly<Record<string, Cells>> = {
  'ingresses.networking.k8s.io': ingressCells,
  'ingressclasses.networking.k8s.io': (o, now) => {
    const parameters = o.spec?.parameters;
    const group = parameters?.apiGroup ? `.${parameters.apiGroup}` : '';
    const text = parameters ? `${parameters.kind}${group}/${parameters.name}` : '<none>';
    return [o.metadata.name, o.spec?.controller ?? '', text, age(o, now)];
  },
  'networkpolicies.networking.k8s.io': (o, now) => [
    o.metadata.name,
    selectorText(o.spec?.podSelector),
    age(o, now),
  ],
  'servicecidrs.networking.k8s.io': (o, now) => [o.metadata.name, listOr(o.spec?.cidrs, ''), age(o, now)],
  'ipaddresses.networking.k8s.io': (o) => {
    const { group = '', resource = '', namespace, name } = o.spec?.parentRef ?? {};
    return [o.metadata.name, [group || undefined, resource, namespace, name].filter(Boolean).join('/')];
  },
  'endpointslices.discovery.k8s.io': sliceCells,
  'poddisruptionbudgets.policy': (o, now) => [
    o.metadata.name,
    o.spec?.minAvailable === undefined ? 'N/A' : String(o.spec.minAvailable),
    o.spec?.maxUnavailable === undefined ? 'N/A' : String(o.spec.maxUnavailable),
    o.status?.disruptionsAllowed ?? 0,
    age(o, now),
  ],
  'rolebindings.rbac.authorization.k8s.io': bindingCells,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingCells,
  'roles.rbac.authorization.k8s.io': nameAndCreated,
  'clusterroles.rbac.authorization.k8s.io': nameAndCreated,
  'customresourcedefinitions.apiextensions.k8s.io': nameAndCreated,
  'csistoragecapacities.storage.k8s.io': nameAndCreated,
  'certificatesigningrequests.certificates.k8s.io': requestCells,
  'leases.coordination.k8s.io': (o, now) => [o.metadata.name, o.spec?.holderIdentity ?? '', age(o, now)],
  'priorityclasses.scheduling.k8s.io': (o, now) => [
    o.metadata.name,
    o.value ?? 0,
    o.globalDefault ?? false,
    age(o, now),
    o.preemptionPolicy ?? '',
  ],
  'runtimeclasses.node.k8s.io': (o, now) => [o.metadata.name, o.handler ?? '', age(o, now)],
  'storageclasses.storage.k8s.io': (o, now) => [
    `${o.metadata.name}${isDefaultClass(o) ? ' (default)' : ''}`,
    o.provisioner ?? '',
    o.reclaimPolicy ?? 'Delete',
    o.volumeBindingMode ?? 'Immediate',
    o.allowVolumeExpansion ?? false,
    age(o, now),
  ],
  'csidrivers.storage.k8s.io': (o, now) => [
    o.metadata.name,
    o.spec?.attachRequired ?? true,
    o.spec?.podInfoOnMount ?? false,
    o.spec?.storageCapacity ?? false,
    listOr(
      (o.spec?.tokenRequests ?? []).map((one: any) => one.audience),
      '<unset>',
    ),
    o.spec?.requiresRepublish ?? false,
    listOr(o.spec?.volumeLifecycleModes, '<none>'),
    age(o, now),
  ],
  'csinodes.storage.k8s.io': (o, now) => [o.metadata.name, (o.spec?.drivers ?? []).length, age(o, now)],
  'volumeattachments.storage.k8s.io': (o, now) => [
    o.metadata.name,
    o.spec?.attacher ?? '',
    o.spec?.source?.persistentVolumeName ?? '',
    o.spec?.nodeName ?? '',
    o.status?.attached ?? false,
    age(o, now),
  ],
  'volumeattributesclasses.storage.k8s.io': (o, now) => [o.metadata.name, o.driverName ?? '', age(o, now)],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': (o, now) => [
    o.metadata.name,
    (o.webhooks ?? []).length,
    age(o, now),
  ],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': (o, now) => [
    o.metadata.name,
    (o.webhooks ?? []).length,
    age(o, now),
  ],
  'validatingadmissionpolicies.admissionregistration.k8s.io': (o, now) => {
    const kind = o.spec?.paramKind;
    const text = kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>';
    return [o.metadata.name, (o.spec?.validations ?? []).length, text, age(o, now)];
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': (o, now) => {
    const reference = o.spec?.paramRef;
    const place = reference?.namespace ? `${reference.namespace}/` : '*/';
    const text = reference
      ? reference.name
        ? `${place}${reference.name}`
        : `${place}${selectorText(reference.selector)}`
      : '<unset>';
    return [o.metadata.name, o.spec?.policyName ?? '', text, age(o, now)];
  },
  'apiservices.apiregistration.k8s.io': (o, now) => {
    const service = o.spec?.service;
    const available = condition(o, 'Available');
    const state = available
      ? available.status === 'True'
        ? 'True'
        : `${available.status} (${available.reason})`
      : 'Unknown';
    return [o.metadata.name, service ? `${service.namespace}/${service.name}` : 'Local', state, age(o, now)];
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': (o, now) => {
    const dangling = condition(o, 'Dangling')?.status ?? '?';
    const { priorityLevelConfiguration, matchingPrecedence, distinguisherMethod } = o.spec ?? {};
    const method = distinguisherMethod?.type ?? '<none>';
    return [
      o.metadata.name,
      priorityLevelConfiguration?.name,
      matchingPrecedence,
      method,
      age(o, now),
      dangling,
    ];
  },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': (o, now) => {
    const limited = o.spec?.limited ?? o.spec?.exempt;
    const queues = o.spec?.limited?.limitResponse?.queuing;
    const text = (value: unknown) => (value === undefined ? '<none>' : value);
    const shares = text(limited?.nominalConcurrencyShares);
    const shape = [queues?.queues, queues?.handSize, queues?.queueLengthLimit].map(text);
    return [o.metadata.name, o.spec?.type, shares, ...shape, age(o, now)];
  },
  'deviceclasses.resource.k8s.io': nameAndAge,
  'resourceclaimtemplates.resource.k8s.io': nameAndAge,
  'resourceclaims.resource.k8s.io': (o, now) => {
    const states = [o.status?.allocation && 'allocated', o.status?.reservedFor?.length && 'reserved'].filter(
      Boolean,
    );
    const deleted = o.metadata.deletionTimestamp ? ['deleted'] : [];
    return [o.metadata.name, listOr([...deleted, ...states], 'pending'), age(o, now)];
  },
  'resourceslices.resource.k8s.io': (o, now) => [
    o.metadata.name,
    o.spec?.nodeName ?? (o.spec?.allNodes ? 'AllNodes' : o.spec?.nodeSelector ? 'Selector' : ''),
    o.spec?.driver ?? '',
    o.spec?.pool?.name ?? '',
    age(o, now),
  ],
};
