import { isIP } from 'node:net';
import { forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegment,
  isPortName,
  isWildcardDns1123Subdomain,
} from '../../validation/names.ts';
import { cidr, immutable, labelSelector, named, optionalOneOf, portNumber, portOrName } from './rules.ts';

export function validateIngress(ingress: KubeObject, old?: KubeObject): FieldError[] {
  const spec = ingress.spec ?? {};
  const errors: FieldError[] = [];
  const rules: any[] = spec.rules ?? [];
  if (rules.length === 0 && !spec.defaultBackend) {
    errors.push(invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec.defaultBackend) errors.push(...backend(spec.defaultBackend, 'spec.defaultBackend'));
  errors.push(...rules.flatMap((rule, index) => ingressRule(rule, `spec.rules[${index}]`)));
  (spec.tls ?? []).forEach((tls: any, index: number) => {
    (tls.hosts ?? []).forEach((host: string, i: number) => {
      errors.push(
        ...named(
          `spec.tls[${index}].hosts[${i}]`,
          host,
          host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain,
        ),
      );
    });
    if (tls.secretName)
      errors.push(...named(`spec.tls[${index}].secretName`, tls.secretName, isDns1123Subdomain));
  });
  if (spec.ingressClassName !== undefined)
    errors.push(...named('spec.ingressClassName', spec.ingressClassName, isDns1123Subdomain));
  const annotation = ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  if (
    old === undefined &&
    annotation !== undefined &&
    spec.ingressClassName !== undefined &&
    annotation !== spec.ingressClassName
  ) {
    const text = 'must match `ingressClassName` when both are specified';
    errors.push(invalidValue('annotations.kubernetes.io/ingress.class', annotation, text));
  }
  return errors;
}

function ingressRule(rule: any, path: string): FieldError[] {
  const errors = rule.host ? ruleHost(rule.host, `${path}.host`) : [];
  if (!rule.http) return errors;
  const paths: any[] = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...paths.flatMap((item, index) => httpPath(item, `${path}.http.paths[${index}]`))];
}

function ruleHost(host: string, field: string): FieldError[] {
  const address =
    isIP(host) === 0 ? [] : [invalidValue(field, host, 'must be a DNS name, not an IP address')];
  return [
    ...address,
    ...named(field, host, host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain),
  ];
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badEndings = ['/..', '/.'];

function httpPath({ path = '', pathType, backend: target = {} }: any, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const field = `${at}.path`;
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) errors.push(invalidValue(field, path, 'must be an absolute path'));
    for (const bad of badSequences)
      if (path.includes(bad)) errors.push(invalidValue(field, path, `must not contain '${bad}'`));
    for (const bad of badEndings)
      if (path.endsWith(bad)) errors.push(invalidValue(field, path, `cannot end with '${bad}'`));
  } else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/'))
      errors.push(invalidValue(field, path, 'must be an absolute path'));
  } else errors.push(notSupported(`${at}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
  return [...errors, ...backend(target, `${at}.backend`)];
}

function backend({ resource, service }: any, path: string): FieldError[] {
  if (resource && service) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource) {
    return ['kind', 'name'].flatMap((field) =>
      resource[field]
        ? named(`${path}.resource.${field}`, resource[field], isPathSegment)
        : [required(`${path}.resource.${field}`)],
    );
  }
  if (!service) return [invalidValue(path, '', 'resource or service backend is required')];
  const errors = service.name
    ? named(`${path}.service.name`, service.name, isDns1035Label)
    : [required(`${path}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalidValue(path, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...named(`${path}.service.port.name`, name, isPortName));
  else if (number) errors.push(...portNumber(`${path}.service.port.number`, number));
  else errors.push(required(path, 'port name or number is required'));
  return errors;
}

const policyTypes = ['Ingress', 'Egress'];

export function validateNetworkPolicy(policy: KubeObject): FieldError[] {
  const spec = policy.spec ?? {};
  const errors = labelSelector('spec.podSelector', spec.podSelector);
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    (spec[direction] ?? []).forEach((rule: any, index: number) => {
      const at = `spec.${direction}[${index}]`;
      (rule.ports ?? []).forEach((port: any, i: number) => {
        errors.push(...policyPort(port, `${at}.ports[${i}]`));
      });
      (rule[peers] ?? []).forEach((peer: any, i: number) => {
        errors.push(...policyPeer(peer, `${at}.${peers}[${i}]`));
      });
    });
  }
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > 2)
    return [...errors, invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  types.forEach((type, index) => {
    errors.push(...optionalOneOf(`spec.policyTypes[${index}]`, type, policyTypes));
  });
  return errors;
}

function policyPort({ protocol, port, endPort }: any, path: string): FieldError[] {
  const errors = optionalOneOf(`${path}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']);
  if (port !== undefined) errors.push(...portOrName(`${path}.port`, port));
  if (endPort === undefined) return errors;
  const field = `${path}.endPort`;
  if (port === undefined)
    return [...errors, invalidValue(field, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string')
    return [...errors, invalidValue(field, endPort, 'may not be specified when `port` is non-numeric')];
  if (endPort < port) errors.push(invalidValue(field, port, 'must be greater than or equal to `port`'));
  return [...errors, ...portNumber(field, endPort)];
}

function policyPeer(peer: any, path: string): FieldError[] {
  const given = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) => peer[name] !== undefined);
  const errors = ['podSelector', 'namespaceSelector'].flatMap((name) =>
    labelSelector(`${path}.${name}`, peer[name]),
  );
  if (peer.ipBlock) errors.push(...ipBlock(peer.ipBlock, `${path}.ipBlock`));
  if (given.length === 0) errors.push(required(path, 'must specify a peer'));
  else if (given.length > 1 && peer.ipBlock)
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function ipBlock(block: any, path: string): FieldError[] {
  if (!block.cidr) return [required(`${path}.cidr`)];
  const except: string[] = block.except ?? [];
  return [
    ...cidr(`${path}.cidr`, block.cidr),
    ...except.flatMap((value, index) => cidr(`${path}.except[${index}]`, value)),
  ];
}

export function validateIngressClass(object: KubeObject, old?: KubeObject): FieldError[] {
  const { controller = '' } = object.spec ?? {};
  if (controller === '') return [required('spec.controller')];
  return old === undefined ? [] : immutable('spec.controller', controller, old.spec?.controller);
}
