import { parseJson } from '../../decode/json.ts';
import { duplicate, forbidden, invalidValue, required, tooLong } from '../../errors.ts';
import { byteOrder } from '../../gotext.ts';
import { deepEqual } from '../../patch/json.ts';
import { compareQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { validateFinalizerNames } from '../../validation/metadata.ts';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from '../../validation/names.ts';
import { anyResourceName, resourceAmount } from './container.ts';
import { taintEffects } from './pod.ts';
import { cidr, endpointIp, immutable, ipAddress, named, oneOf, portNumber } from './rules.ts';

const maxDataSize = 1_048_576;

function keys(map: Record<string, unknown> | undefined): string[] {
  return Object.keys(map ?? {}).toSorted(byteOrder);
}

function frozen(object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.immutable !== true) return [];
  const text = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [forbidden('immutable', text)];
  const changed = fields.filter((field) => !deepEqual(object[field] ?? {}, old[field] ?? {}));
  return [...errors, ...changed.map((field) => forbidden(field, text))];
}

export function validateConfigMap(object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = frozen(object, old, ['data', 'binaryData']);
  for (const key of keys(object.data)) {
    errors.push(...named(`data[${key}]`, key, isConfigMapKey));
    if (object.binaryData?.[key] !== undefined) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
  }
  for (const key of keys(object.binaryData)) errors.push(...named(`binaryData[${key}]`, key, isConfigMapKey));
  const size =
    Object.values<string>(object.data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
    Object.values<string>(object.binaryData ?? {}).reduce((sum, value) => sum + decodedLength(value), 0);
  return size > maxDataSize ? [...errors, tooLong('[]', maxDataSize)] : errors;
}

function decodedLength(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}

export function validateSecret(object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = old === undefined ? [] : immutable('type', object.type, old.type);
  errors.push(...frozen(object, old, ['data']));
  for (const key of keys(object.data)) errors.push(...named(`data[${key}]`, key, isConfigMapKey));
  const size = Object.values<string>(object.data ?? {}).reduce((sum, value) => sum + decodedLength(value), 0);
  if (size > maxDataSize) errors.push(tooLong('data', maxDataSize));
  return [...errors, ...secretContents(object)];
}

function secretContents({ type, data = {}, metadata }: KubeObject): FieldError[] {
  const need = (...names: string[]) =>
    names.filter((name) => data[name] === undefined).map((name) => required(`data[${name}]`));
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name';
      return metadata.annotations?.[key] ? [] : [required(`metadata.annotations[${key}]`)];
    }
    case 'kubernetes.io/dockercfg':
      return need('.dockercfg').concat(jsonContent(data, '.dockercfg'));
    case 'kubernetes.io/dockerconfigjson':
      return need('.dockerconfigjson').concat(jsonContent(data, '.dockerconfigjson'));
    case 'kubernetes.io/basic-auth':
      return data.username === undefined && data.password === undefined ? need('username', 'password') : [];
    case 'kubernetes.io/ssh-auth':
      return need('ssh-privatekey');
    case 'kubernetes.io/tls':
      return need('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function jsonContent(data: Record<string, string>, key: string): FieldError[] {
  if (data[key] === undefined) return [];
  try {
    parseJson(Buffer.from(data[key], 'base64').toString());
    return [];
  } catch (error) {
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', (error as Error).message)];
  }
}

export function validateNamespace(object: KubeObject, old?: KubeObject): FieldError[] {
  return old === undefined ? validateFinalizerNames(object.spec?.finalizers ?? [], 'spec.finalizers') : [];
}

/** The API server's own endpoints may be on the host's loopback. */
function ownEndpoints({ metadata }: KubeObject): boolean {
  const name = metadata.labels?.['kubernetes.io/service-name'] ?? metadata.name;
  return metadata.namespace === 'default' && name === 'kubernetes';
}

export function validateEndpoints(object: KubeObject): FieldError[] {
  if (ownEndpoints(object)) return [];
  const subsets: any[] = object.subsets ?? [];
  return subsets.flatMap((subset, index) => {
    const at = `subsets[${index}]`;
    const lists = ['addresses', 'notReadyAddresses'];
    const errors = lists.flatMap((list) =>
      (subset[list] ?? []).flatMap((address: any, i: number) =>
        endpointAddress(address, `${at}.${list}[${i}]`),
      ),
    );
    if (!lists.some((list) => subset[list]?.length > 0)) {
      errors.unshift(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    const ports: any[] = subset.ports ?? [];
    return [
      ...errors,
      ...ports.flatMap((port, i) => endpointPort(port, ports.length > 1, `${at}.ports[${i}]`)),
    ];
  });
}

function endpointAddress(address: any, path: string): FieldError[] {
  return [
    ...ipAddress(`${path}.ip`, address.ip ?? ''),
    ...(address.hostname ? named(`${path}.hostname`, address.hostname, isDns1123Label) : []),
    ...(address.nodeName ? named(`${path}.nodeName`, address.nodeName, isDns1123Subdomain) : []),
    ...endpointIp(`${path}.ip`, address.ip ?? ''),
  ];
}

function endpointPort(port: any, nameNeeded: boolean, path: string): FieldError[] {
  const errors = port.name ? named(`${path}.name`, port.name, isDns1123Label) : [];
  if (nameNeeded && !port.name) errors.push(required(`${path}.name`));
  errors.push(
    ...portNumber(`${path}.port`, port.port ?? 0),
    ...oneOf(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
  );
  return port.appProtocol === undefined
    ? errors
    : [...errors, ...named(`${path}.appProtocol`, port.appProtocol, isQualifiedName)];
}

export function validateEndpointSlice(object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = oneOf('addressType', object.addressType, ['FQDN', 'IPv4', 'IPv6']);
  const names = new Set<string>();
  (object.ports ?? []).forEach((port: any, index: number) => {
    const at = `ports[${index}]`;
    const { name = '' } = port;
    if (name !== '') errors.push(...named(`${at}.name`, name, isDns1123Label));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...oneOf(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  });
  const endpoints: any[] = ownEndpoints(object) ? [] : (object.endpoints ?? []);
  endpoints.forEach((endpoint, index) => {
    errors.push(...sliceEndpoint(endpoint, object.addressType, `endpoints[${index}]`));
  });
  return old === undefined
    ? errors
    : [...errors, ...immutable('addressType', object.addressType, old.addressType)];
}

function sliceEndpoint(endpoint: any, type: string, path: string): FieldError[] {
  const addresses: string[] = endpoint.addresses ?? [];
  const field = `${path}.addresses`;
  if (addresses.length === 0) return [required(field, 'must contain at least 1 address')];
  const errors = addresses.flatMap((address, index) => {
    if (type === 'FQDN') return [];
    const at = `${field}[${index}]`;
    const wrong = ipAddress(at, address);
    return wrong.length > 0 ? wrong : endpointIp(at, address);
  });
  if (endpoint.nodeName) errors.push(...named(`${path}.nodeName`, endpoint.nodeName, isDns1123Subdomain));
  if (endpoint.hostname) errors.push(...named(`${path}.hostname`, endpoint.hostname, isDns1123Label));
  return errors;
}

export function validateNode(node: KubeObject, old?: KubeObject): FieldError[] {
  const { taints = [], podCIDRs = [], providerID } = node.spec ?? {};
  const errors = validateTaints(taints);
  if (old === undefined) {
    podCIDRs.forEach((value: string, index: number) => {
      errors.push(...cidr(`spec.podCIDRs[${index}]`, value));
    });
    return errors;
  }
  const before: string[] = old.spec?.podCIDRs ?? [];
  if (before.length > 0 && !deepEqual(before, podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && old.spec.providerID !== providerID) {
    errors.push(
      forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    );
  }
  return errors;
}

function validateTaints(taints: readonly any[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `metadata.taints[${index}]`;
    const errors = named(`${at}.key`, taint.key ?? '', isQualifiedName);
    const complaints = isLabelValue(taint.value ?? '');
    if (complaints.length > 0) errors.push(invalidValue(`${at}.value`, taint.value, complaints.join(';')));
    errors.push(...oneOf(`${at}.effect`, taint.effect, taintEffects));
    const key = `${taint.effect}/${taint.key}`;
    if (seen.has(key)) {
      const error = duplicate(at, {
        Key: taint.key,
        Value: taint.value ?? '',
        Effect: taint.effect,
        TimeAdded: null,
      });
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` });
    }
    seen.add(key);
    return errors;
  });
}

const quotaResources: ReadonlySet<string> = new Set(
  (
    'cpu memory ephemeral-storage requests.cpu requests.memory requests.storage requests.ephemeral-storage limits.cpu ' +
    'limits.memory limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets ' +
    'persistentvolumeclaims configmaps services.nodeports services.loadbalancers'
  ).split(' '),
);

function quotaName(field: string, name: string): FieldError[] {
  const errors = anyResourceName(field, name);
  if (name.includes('/') || quotaResources.has(name) || /^(requests\.)?hugepages-/.test(name)) return errors;
  return [...errors, invalidValue(field, name, 'must be a standard resource for quota')];
}

const scopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

export function validateResourceQuota(object: KubeObject): FieldError[] {
  const hard: Record<string, string> = object.spec?.hard ?? {};
  const errors = keys(hard).flatMap((name) => {
    const field = `spec.hard[${name}]`;
    return [...quotaName(field, name), ...quotaAmount(field, name, hard[name]!)];
  });
  const given: string[] = object.spec?.scopes ?? [];
  return [...errors, ...quotaScopes(given, Object.keys(hard))];
}

/** A scope counts pods; only some resources are about pods. */
function quotaScopes(given: readonly string[], names: readonly string[]): FieldError[] {
  const complain = (text: string) => invalidValue('spec.scopes', given, text);
  const errors = given.flatMap((scope) => {
    if (!scopes.includes(scope)) return [complain('unsupported scope')];
    const fits =
      scope === 'BestEffort' ? /^pods$/ : /^(pods|((requests|limits)\.)?(cpu|memory|ephemeral-storage))$/;
    const wrong = names.filter((name) => quotaResources.has(name) && !fits.test(name));
    return wrong.map(() => complain('unsupported scope applied to resource'));
  });
  const opposites = [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ];
  const conflicting = opposites.filter((pair) => pair.every((scope) => given.includes(scope)));
  return [...errors, ...conflicting.map(() => complain('conflicting scopes'))];
}

const counted =
  /^(count\/|pods$|services|secrets$|configmaps$|resourcequotas$|replicationcontrollers$|persistentvolumeclaims$)/;

function quotaAmount(field: string, name: string, amount: string): FieldError[] {
  const errors = resourceAmount(field, 'cpu', amount);
  const quantity = parseQuantity(amount);
  const broken = counted.test(name) && quantity !== undefined && quantity.nano % 1_000_000_000n !== 0n;
  return broken ? [...errors, invalidValue(field, amount, 'must be an integer')] : errors;
}

const limitTypes: ReadonlySet<string> = new Set(['Pod', 'Container', 'PersistentVolumeClaim']);

export function validateLimitRange(object: KubeObject): FieldError[] {
  const limits: any[] = object.spec?.limits ?? [];
  const seen = new Set<string>();
  return limits.flatMap((limit, index) => {
    const at = `spec.limits[${index}]`;
    const { type = '' } = limit;
    const errors = named(`${at}.type`, type, isQualifiedName);
    if (errors.length === 0 && !type.includes('/') && !limitTypes.has(type)) {
      errors.push(invalidValue(`${at}.type`, type, 'must be a standard limit type or fully qualified'));
    }
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    if (type === 'Pod') {
      for (const field of ['default', 'defaultRequest']) {
        if (Object.keys(limit[field] ?? {}).length > 0) {
          errors.push(forbidden(`${at}.${field}`, "may not be specified when `type` is 'Pod'"));
        }
      }
    }
    return [...errors, ...limitOrder(limit, at)];
  });
}

/** min ≤ defaultRequest ≤ default ≤ max. */
function limitOrder(limit: any, path: string): FieldError[] {
  const names = keys({ ...limit.min, ...limit.max, ...limit.default, ...limit.defaultRequest });
  return names.flatMap((name) => {
    const errors: FieldError[] = [];
    const check = (
      low: string,
      high: string,
      lowText: string,
      highText: string,
      shown: string,
      field: string,
    ) => {
      const [a, b] = [limit[low]?.[name], limit[high]?.[name]];
      if (a === undefined || b === undefined) return;
      if (compareQuantity(parseQuantity(a)!, parseQuantity(b)!) <= 0) return;
      const text = `${lowText} value ${a} is greater than ${highText} value ${b}`;
      errors.push(invalidValue(`${path}.${field}[${name}]`, limit[shown][name], text));
    };
    check('min', 'max', 'min', 'max', 'min', 'min');
    check('min', 'defaultRequest', 'min', 'default request', 'defaultRequest', 'defaultRequest');
    check('defaultRequest', 'max', 'default request', 'max', 'defaultRequest', 'defaultRequest');
    check(
      'defaultRequest',
      'default',
      'default request',
      'default limit',
      'defaultRequest',
      'defaultRequest',
    );
    check('min', 'default', 'min', 'default', 'min', 'default');
    check('default', 'max', 'default', 'max', 'max', 'default');
    return errors;
  });
}

export function validateEvent(event: KubeObject): FieldError[] {
  const { namespace = '' } = event.involvedObject ?? {};
  const own = event.metadata.namespace ?? '';
  if (namespace === '' || namespace === own) return [];
  return [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')];
}

export function validateServiceAccount(): FieldError[] {
  return [];
}
