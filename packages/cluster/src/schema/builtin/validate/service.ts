import { isIP } from 'node:net';
import { duplicate, forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { validateLabels } from '../../validation/metadata.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../validation/names.ts';
import { cidr, endpointIp, ipAddress, named, oneOf, optionalOneOf, portNumber, portOrName } from './rules.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function isHeadless(spec: any): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
}

function externallyAccessible(spec: any): boolean {
  return (
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    (spec.type === 'ClusterIP' && spec.externalIPs?.length > 0)
  );
}

export function validateService(service: KubeObject, old?: KubeObject): FieldError[] {
  const spec = service.spec ?? {};
  const errors = old === undefined ? [] : clusterIpUpdate(spec, old.spec);
  const headless = isHeadless(spec);
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  errors.push(
    ...typeRules(spec, headless),
    ...validatePorts(spec.ports ?? []),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...sessionAffinity(spec),
    ...clusterIps(spec),
    ...externalIps(spec.externalIPs ?? []),
    ...oneOf('spec.type', spec.type, types),
    ...nodePorts(spec),
    ...duplicatePorts(spec.ports ?? []),
    ...loadBalancer(spec),
    ...trafficPolicies(spec),
  );
  return errors;
}

function typeRules(spec: any, headless: boolean): FieldError[] {
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    return [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  if (spec.type !== 'ExternalName') return [];
  const errors: FieldError[] = [];
  const given = ['clusterIPs', 'ipFamilies'].filter((field) => spec[field]?.length > 0);
  if (spec.ipFamilyPolicy !== undefined) given.push('ipFamilyPolicy');
  for (const field of given)
    errors.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  return name === '' ? errors : [...errors, ...named('spec.externalName', name, isDns1123Subdomain)];
}

function validatePorts(ports: readonly any[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const { name = '' } = port;
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    if (name !== '') {
      errors.push(...named(`${at}.name`, name, isDns1123Label));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    errors.push(
      ...portNumber(`${at}.port`, port.port ?? 0),
      ...oneOf(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
      ...portOrName(`${at}.targetPort`, port.targetPort ?? 0),
    );
    if (port.appProtocol !== undefined)
      errors.push(...named(`${at}.appProtocol`, port.appProtocol, isQualifiedName));
    return errors;
  });
}

function sessionAffinity(spec: any): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
  }
  const timeout = config?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    errors.push(invalidValue(field, timeout, 'must be greater than 0 and less than 86400'));
  }
  return errors;
}

function clusterIps(spec: any): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const field = 'spec.clusterIPs';
  const addresses: string[] = spec.clusterIPs ?? [];
  const errors: FieldError[] = [];
  if (spec.clusterIP && addresses.length === 0) errors.push(required(field));
  else if (spec.clusterIP && addresses[0] !== spec.clusterIP) {
    errors.push(invalidValue(field, addresses, 'first value must match `clusterIP`'));
  } else if (!spec.clusterIP && addresses.length > 0) {
    errors.push(invalidValue(field, addresses, 'must be empty when `clusterIP` is not specified'));
  }
  errors.push(...families(spec));
  addresses.forEach((address, index) => {
    if (index === 0 && address === 'None') {
      if (addresses.length > 1)
        errors.push(invalidValue(field, addresses, "'None' must be the first and only value"));
    } else errors.push(...ipAddress(`${field}[${index}]`, address), ...familyOf(spec, index, address));
  });
  if (addresses.length > 2) errors.push(invalidValue(field, addresses, 'may only hold up to 2 values'));
  return errors;
}

function families(spec: any): FieldError[] {
  const list: string[] = spec.ipFamilies ?? [];
  return [
    ...list.flatMap((family, index) => {
      const at = `spec.ipFamilies[${index}]`;
      return [
        ...oneOf(at, family, ['IPv4', 'IPv6']),
        ...(list.indexOf(family) < index ? [duplicate(at, family)] : []),
      ];
    }),
    ...optionalOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, [
      'PreferDualStack',
      'RequireDualStack',
      'SingleStack',
    ]),
  ];
}

function familyOf(spec: any, index: number, address: string): FieldError[] {
  const family = spec.ipFamilies?.[index];
  const version = isIP(address);
  if (family === undefined || version === 0 || family === `IPv${version}`) return [];
  const text = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
  return [invalidValue(`spec.clusterIPs[${index}]`, address, text)];
}

function externalIps(addresses: readonly string[]): FieldError[] {
  return addresses.flatMap((address, index) => {
    const at = `spec.externalIPs[${index}]`;
    const errors = ipAddress(at, address);
    return errors.length > 0 ? errors : endpointIp(at, address);
  });
}

function nodePorts(spec: any): FieldError[] {
  const seen = new Set<string>();
  const ports: any[] = spec.ports ?? [];
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}].nodePort`;
    if (!port.nodePort) return [];
    if (spec.type === 'ClusterIP') return [forbidden(field, "may not be used when `type` is 'ClusterIP'")];
    const key = `${port.protocol}/${port.nodePort}`;
    const errors = seen.has(key) ? [duplicate(field, port.nodePort)] : [];
    seen.add(key);
    return errors;
  });
}

function duplicatePorts(ports: readonly any[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = `${port.protocol}/${port.port}`;
    const shown = {
      Name: '',
      Protocol: port.protocol,
      AppProtocol: null,
      Port: port.port,
      TargetPort: 0,
      NodePort: 0,
    };
    const errors = seen.has(key) ? [duplicate(`spec.ports[${index}]`, shown)] : [];
    seen.add(key);
    return errors;
  });
}

function loadBalancer(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const balanced = spec.type === 'LoadBalancer';
  const only = "may only be used when `type` is 'LoadBalancer'";
  const ranges: string[] = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && !balanced) errors.push(forbidden('spec.LoadBalancerSourceRanges', only));
  ranges.forEach((range, index) => {
    errors.push(...cidr(`spec.LoadBalancerSourceRanges[${index}]`, range.trim()));
  });
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', only));
  }
  if (spec.loadBalancerClass !== undefined && !balanced)
    errors.push(forbidden('spec.loadBalancerClass', only));
  return errors;
}

function trafficPolicies(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const external = spec.externalTrafficPolicy;
  const field = 'spec.externalTrafficPolicy';
  if (!externallyAccessible(spec)) {
    if (external)
      errors.push(invalidValue(field, external, 'may only be set for externally-accessible services'));
  } else errors.push(...oneOf(field, external, ['Cluster', 'Local']));
  const health = spec.type === 'LoadBalancer' && external === 'Local';
  if (!health && spec.healthCheckNodePort) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', spec.healthCheckNodePort, text));
  }
  errors.push(
    ...optionalOneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']),
  );
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && distribution !== 'PreferClose') {
    errors.push(notSupported('spec.trafficDistribution', distribution, ['PreferClose']));
  }
  return errors;
}

function clusterIpUpdate(spec: any, old: any): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  const [now, before]: string[][] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  if (now!.length === 0 && before!.length > 0) {
    return [invalidValue('spec.clusterIPs[0]', now, 'primary clusterIP can not be unset')];
  }
  const compared = now!.length === before!.length ? before! : before!.slice(0, 1);
  return compared.flatMap((address, index) =>
    address === now![index]
      ? []
      : [invalidValue(`spec.clusterIPs[${index}]`, now, 'may not change once set')],
  );
}
