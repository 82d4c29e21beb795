import { parseQuantity } from '../../quantity.ts';
import { each, setDefault, setDefaults } from './set.ts';

/** Defaults of a pod that is created itself, beyond those of every pod template. */
export function defaultPod(pod: any): void {
  pod.spec ??= {};
  for (const container of [...each(pod.spec.containers), ...each(pod.spec.initContainers)]) {
    requestsFromLimits(container.resources);
  }
  setDefault(pod.spec, 'enableServiceLinks', true);
  mirrorAddresses(pod.status);
  defaultPodSpec(pod.spec);
}

/** `podIP` and `hostIP` are the first of `podIPs` and `hostIPs`. */
function mirrorAddresses(status: any): void {
  if (!status) return;
  for (const [one, all] of [
    ['podIP', 'podIPs'],
    ['hostIP', 'hostIPs'],
  ] as const) {
    const list = status[all] ?? [];
    if (status[one] && list[0]?.ip !== status[one]) status[all] = [{ ip: status[one] }];
    else if (!status[one] && list.length > 0) status[one] = list[0].ip;
  }
}

function requestsFromLimits(resources: any): void {
  if (resources?.limits === undefined) return;
  resources.requests ??= {};
  for (const [name, amount] of Object.entries(resources.limits)) setDefault(resources.requests, name, amount);
}

/** Defaults of a pod's spec, in a pod and in every template. */
export function defaultPodSpec(spec: any): void {
  setDefaults(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  });
  mirrorServiceAccount(spec);
  dropRestartRules(spec);
  each(spec.volumes).forEach(defaultVolume);
  for (const container of allContainers(spec)) {
    defaultContainer(container);
    if (spec.hostNetwork)
      each(container.ports).forEach((port) => {
        setDefault(port, 'hostPort', port.containerPort);
      });
  }
}

/** Containers restart by the pod's policy; only an init container may be kept running. */
function dropRestartRules(spec: any): void {
  for (const container of each(spec.containers)) delete container.restartPolicy;
  for (const container of each(spec.initContainers))
    if (container.restartPolicy !== 'Always') delete container.restartPolicy;
}

function allContainers(spec: any): any[] {
  return [...each(spec.initContainers), ...each(spec.containers), ...each(spec.ephemeralContainers)];
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are kept. */
function mirrorServiceAccount(spec: any): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

/** `latest` and no tag are pulled always. */
function imagePullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  const digest = name.includes('@');
  const tag = /:([^@]*)/.exec(name)?.[1];
  return (tag === undefined && !digest) || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: any): void {
  setDefaults(container, {
    imagePullPolicy: imagePullPolicy(container.image ?? ''),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  each(container.ports).forEach((port) => {
    setDefault(port, 'protocol', 'TCP');
  });
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (container[probe] !== undefined) defaultProbe(container[probe]);
  }
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    defaultHttpGet(hook?.httpGet);
  for (const variable of each(container.env)) {
    if (variable.valueFrom?.fieldRef) setDefault(variable.valueFrom.fieldRef, 'apiVersion', 'v1');
  }
  for (const list of [container.resources?.limits, container.resources?.requests]) roundToMilli(list);
}

/** Amounts finer than a thousandth are rounded up. */
function roundToMilli(amounts: Record<string, string> | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const quantity = parseQuantity(amount);
    if (quantity === undefined || quantity.nano % 1_000_000n === 0n) continue;
    amounts![name] = `${quantity.nano / 1_000_000n + 1n}m`;
  }
}

function defaultProbe(probe: any): void {
  setDefaults(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultHttpGet(get: any): void {
  if (get) setDefaults(get, { path: '/', scheme: 'HTTP' });
}

const fileMode = 0o644;

function defaultVolume(volume: any): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (volume[source]) volume[source].defaultMode ??= fileMode;
  }
  if (volume.hostPath) volume.hostPath.type ??= '';
  defaultNetworkVolume(volume);
  for (const source of each(volume.projected?.sources)) {
    if (source.serviceAccountToken) setDefault(source.serviceAccountToken, 'expirationSeconds', 3600);
    defaultFieldRefs(source.downwardAPI?.items);
  }
  defaultFieldRefs(volume.downwardAPI?.items);
  if (volume.ephemeral?.volumeClaimTemplate?.spec)
    setDefault(volume.ephemeral.volumeClaimTemplate.spec, 'volumeMode', 'Filesystem');
}

function defaultNetworkVolume(volume: any): void {
  if (volume.iscsi) setDefault(volume.iscsi, 'iscsiInterface', 'default');
  if (volume.rbd) setDefaults(volume.rbd, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' });
  if (volume.scaleIO) setDefaults(volume.scaleIO, { storageMode: 'ThinProvisioned', fsType: 'xfs' });
  if (volume.azureDisk) {
    setDefaults(volume.azureDisk, {
      cachingMode: 'ReadWrite',
      kind: 'Shared',
      fsType: 'ext4',
      readOnly: false,
    });
  }
}

function defaultFieldRefs(items: unknown): void {
  for (const item of each(items)) if (item.fieldRef) setDefault(item.fieldRef, 'apiVersion', 'v1');
}
