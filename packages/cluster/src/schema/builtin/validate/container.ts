import { duplicate, forbidden, invalidValue, notFound, required } from '../../errors.ts';
import { byteOrder } from '../../gotext.ts';
import { compareQuantity, formatQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../types.ts';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvVarName,
  isHttpHeaderName,
  isPortName,
  isQualifiedName,
} from '../../validation/names.ts';
import { named, nonNegative, oneOf, portNumber, portOrName, requiredName } from './rules.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

/** What holds for every container: regular, init and ephemeral. */
export function validateContainer(container: any, path: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...requiredName(`${path}.name`, container.name, isDns1123Label),
    ...(container.image ? [] : [required(`${path}.image`)]),
    ...oneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...validatePorts(container.ports ?? [], `${path}.ports`),
    ...(container.env ?? []).flatMap((variable: any, index: number) =>
      validateEnv(variable, `${path}.env[${index}]`),
    ),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateMounts(container.volumeMounts ?? [], `${path}.volumeMounts`, volumes),
    ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...validateResources(container.resources, `${path}.resources`),
    ...validateSecurity(container.securityContext, `${path}.securityContext`),
  ];
}

function validatePorts(ports: readonly any[], path: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    return [
      ...validatePortName(port.name, `${at}.name`, names),
      ...(port.containerPort
        ? portNumber(`${at}.containerPort`, port.containerPort)
        : [required(`${at}.containerPort`)]),
      ...(port.hostPort ? portNumber(`${at}.hostPort`, port.hostPort) : []),
      ...oneOf(`${at}.protocol`, port.protocol, protocols),
    ];
  });
}

function validatePortName(name: string | undefined, field: string, names: Set<string>): FieldError[] {
  if (!name) return [];
  const errors = named(field, name, isPortName);
  if (errors.length > 0) return errors;
  if (names.has(name)) return [duplicate(field, name)];
  names.add(name);
  return [];
}

/** Host ports that several containers want. */
export function hostPortConflicts(containers: readonly any[], path: string): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  containers.forEach((container, c) => {
    (container.ports ?? []).forEach((port: any, p: number) => {
      if (!port.hostPort) return;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${path}[${c}].ports[${p}].hostPort`, key));
      seen.add(key);
    });
  });
  return errors;
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function validateEnv(variable: any, path: string): FieldError[] {
  const errors = variable.name
    ? named(`${path}.name`, variable.name, isEnvVarName)
    : [required(`${path}.name`)];
  const from = variable.valueFrom;
  if (from === undefined) return errors;
  const at = `${path}.valueFrom`;
  const given = sources.filter((source) => from[source] !== undefined);
  if (from.fieldRef) errors.push(...validateFieldRef(from.fieldRef, `${at}.fieldRef`, envFields));
  for (const source of ['configMapKeyRef', 'secretKeyRef']) {
    if (from[source]) errors.push(...validateKeyRef(from[source], `${at}.${source}`));
  }
  if (given.length === 0) {
    const text = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalidValue(at, '', text));
  } else if (variable.value)
    errors.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1)
    errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  return errors;
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

const volumeFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** The fields that Kubernetes can convert to a downward API value at all. */
const convertible: ReadonlySet<string> = new Set([
  ...envFields,
  ...volumeFields,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

export function validateFieldRef(
  reference: any,
  path: string,
  allowed: readonly string[] = volumeFields,
): FieldError[] {
  const { fieldPath = '' } = reference;
  if (!reference.apiVersion) return [required(`${path}.apiVersion`)];
  if (fieldPath === '') return [required(`${path}.fieldPath`)];
  const subscript = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    if (subscript[1] === 'metadata.annotations')
      return named(path, subscript[2]!.toLowerCase(), isQualifiedName);
    if (subscript[1] === 'metadata.labels') return named(path, subscript[2]!, isQualifiedName);
  }
  if (!convertible.has(fieldPath)) {
    return [
      invalidValue(
        `${path}.fieldPath`,
        fieldPath,
        `error converting fieldPath: field label not supported: ${fieldPath}`,
      ),
    ];
  }
  return oneOf(`${path}.fieldPath`, fieldPath, allowed);
}

function validateKeyRef(reference: any, path: string): FieldError[] {
  return [
    ...named(`${path}.name`, reference.name ?? '', isDns1123Subdomain),
    ...(reference.key ? named(`${path}.key`, reference.key, isConfigMapKey) : [required(`${path}.key`)]),
  ];
}

function validateEnvFrom(list: readonly any[], path: string): FieldError[] {
  return list.flatMap((source, index) => {
    const at = `${path}[${index}]`;
    const errors = source.prefix ? named(`${at}.prefix`, source.prefix, isEnvVarName) : [];
    const given = ['configMapRef', 'secretRef'].filter((name) => source[name] !== undefined);
    for (const name of given)
      errors.push(...requiredName(`${at}.${name}.name`, source[name].name, isDns1123Subdomain));
    if (given.length === 0)
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (given.length > 1)
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}

function validateMounts(mounts: readonly any[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const places = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name ?? '')) errors.push(notFound(`${at}.name`, mount.name ?? ''));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (places.has(mount.mountPath))
      errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    places.add(mount.mountPath);
    if (mount.subPath) errors.push(...relativePath(`${path}.subPath`, mount.subPath));
    return errors;
  });
}

export function relativePath(field: string, path: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : [];
  return [...errors, ...noBacksteps(field, path)];
}

export function noBacksteps(field: string, path: string): FieldError[] {
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}

const standardResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

/** Names of resources without a domain that mean something somewhere. */
const knownResources =
  /^(cpu|memory|storage|ephemeral-storage|hugepages-.*|(requests|limits)\.(cpu|memory|storage|ephemeral-storage)|pods|resourcequotas|services(\.nodeports|\.loadbalancers)?|replicationcontrollers|secrets|configmaps|persistentvolumeclaims)$/;

/** A resource's name: qualified, or one that Kubernetes knows. */
export function anyResourceName(field: string, name: string): FieldError[] {
  const errors = named(field, name, isQualifiedName);
  if (errors.length > 0 || name.includes('/') || knownResources.test(name)) return errors;
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')];
}

function resourceName(field: string, name: string): FieldError[] {
  const errors = anyResourceName(field, name);
  if (name.includes('/')) return errors;
  const standard = name !== 'storage' && (standardResources.has(name) || name.startsWith('hugepages-'));
  return standard
    ? errors
    : [...errors, invalidValue(field, name, 'must be a standard resource for containers')];
}

/** An amount that is not negative, and whole where the resource comes in wholes. */
export function resourceAmount(field: string, name: string, amount: string): FieldError[] {
  const quantity = parseQuantity(amount);
  if (quantity === undefined) return [];
  if (quantity.nano < 0n) return [invalidValue(field, amount, 'must be greater than or equal to 0')];
  const whole = name.includes('/') && !name.startsWith('kubernetes.io/');
  const broken = whole && quantity.nano % 1_000_000_000n !== 0n;
  return broken ? [invalidValue(field, amount, 'must be an integer')] : [];
}

export function validateResources(resources: any, path: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors: FieldError[] = [];
  for (const [list, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as [string, Record<string, string>][]) {
    for (const name of Object.keys(amounts).toSorted(byteOrder)) {
      const field = `${path}.${list}[${name}]`;
      errors.push(...resourceName(field, name), ...resourceAmount(field, name, amounts[name]!));
      if (list === 'requests') errors.push(...withinLimit(path, name, amounts[name]!, limits[name]));
    }
  }
  return errors;
}

function withinLimit(path: string, name: string, request: string, limit: string | undefined): FieldError[] {
  const extended = name.includes('/') || name.startsWith('hugepages-');
  if (limit === undefined) {
    return extended ? [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')] : [];
  }
  const [wanted, most] = [parseQuantity(request), parseQuantity(limit)];
  if (wanted === undefined || most === undefined) return [];
  const order = compareQuantity(wanted, most);
  const field = `${path}.requests`;
  if (extended && order !== 0)
    return [invalidValue(field, request, `must be equal to ${name} limit of ${formatQuantity(most)}`)];
  return order > 0
    ? [invalidValue(field, request, `must be less than or equal to ${name} limit of ${formatQuantity(most)}`)]
    : [];
}

/** A security context as Kubernetes' inner type prints it. */
function shownContext(context: any): unknown {
  const { capabilities, seLinuxOptions, windowsOptions, seccompProfile, appArmorProfile } = context;
  return {
    Capabilities: capabilities ? { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null } : null,
    Privileged: context.privileged ?? null,
    SELinuxOptions: seLinuxOptions ?? null,
    WindowsOptions: windowsOptions ?? null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: seccompProfile ?? null,
    AppArmorProfile: appArmorProfile ?? null,
  };
}

const maxId = 2_147_483_647;

export function userOrGroupId(field: string, id: number | undefined): FieldError[] {
  if (id === undefined || (id >= 0 && id <= maxId)) return [];
  return [invalidValue(field, id, `must be between 0 and ${maxId}, inclusive`)];
}

function validateSecurity(context: any, path: string): FieldError[] {
  if (!context) return [];
  const errors = [
    ...userOrGroupId(`${path}.runAsUser`, context.runAsUser),
    ...userOrGroupId(`${path}.runAsGroup`, context.runAsGroup),
  ];
  if (context.allowPrivilegeEscalation === false && context.privileged) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalidValue(path, shownContext(context), text));
  }
  return errors;
}

/** Probes and lifecycle hooks of a container. */
export function validateProbes(container: any, path: string): FieldError[] {
  const { livenessProbe: liveness, readinessProbe: readiness, startupProbe: startup, lifecycle } = container;
  return [
    ...(lifecycle?.postStart ? validateHandler(lifecycle.postStart, `${path}.lifecycle.postStart`) : []),
    ...(lifecycle?.preStop ? validateHandler(lifecycle.preStop, `${path}.lifecycle.preStop`) : []),
    ...validateProbe(liveness, `${path}.livenessProbe`, true),
    ...validateProbe(readiness, `${path}.readinessProbe`, false),
    ...validateProbe(startup, `${path}.startupProbe`, true),
  ];
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
];

function validateProbe(probe: any, path: string, once: boolean): FieldError[] {
  if (!probe) return [];
  const errors = validateHandler(probe, path);
  for (const count of counts) errors.push(...nonNegative(`${path}.${count}`, probe[count]));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  if (once && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
  if (!once && grace !== undefined) {
    errors.push(
      invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'),
    );
  }
  return errors;
}

const handlers: Readonly<Record<string, (handler: any, path: string) => FieldError[]>> = {
  exec: (exec, path) => (exec.command?.length ? [] : [required(`${path}.command`)]),
  httpGet: validateHttpGet,
  tcpSocket: (tcp, path) => portOrName(`${path}.port`, tcp.port ?? 0),
  grpc: (grpc, path) => portNumber(`${path}.port`, grpc.port ?? 0),
  sleep: () => [],
};

function validateHandler(handler: any, path: string): FieldError[] {
  const given = Object.keys(handlers).filter((name) => handler[name] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap((name, index) =>
    index === 0
      ? handlers[name]!(handler[name], `${path}.${name}`)
      : [forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')],
  );
}

function validateHttpGet(get: any, path: string): FieldError[] {
  const headers: any[] = get.httpHeaders ?? [];
  return [
    ...(get.path ? [] : [required(`${path}.path`)]),
    ...portOrName(`${path}.port`, get.port ?? 0),
    ...oneOf(`${path}.scheme`, get.scheme, ['HTTP', 'HTTPS']),
    ...headers.flatMap((header) => named(`${path}.httpHeaders`, header.name ?? '', isHttpHeaderName)),
  ];
}
