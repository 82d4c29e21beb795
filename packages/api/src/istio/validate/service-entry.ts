import type { ServiceEntry, ServiceEntrySpec } from '../service-entry.ts';
import type { Check } from './check.ts';
import { isProtocol } from './gateway.ts';
import { checkExportTo, checkLabels, isAddress, isPortName, isSubnet, wildcardFault } from './names.ts';
import { checkWorkload } from './workload-entry.ts';

export function checkServiceEntry(check: Check, object: ServiceEntry): void {
  const spec = object.spec ?? {};
  if (!spec.hosts?.length) check.error('spec.hosts', 'at least one host is required', 'Required');
  check.each(spec.hosts, 'spec.hosts', (host, at) => {
    if (host === '*') {
      check.error(at, 'must not be "*"');
      return;
    }
    const fault = wildcardFault(host);
    if (fault) check.error(at, fault);
  });
  checkSelector(check, spec);
  checkPorts(check, spec);
  checkAddresses(check, spec);
  checkResolution(check, object);
  checkExportTo(check, spec.exportTo, 'spec.exportTo', {
    namespace: object.metadata.namespace ?? '',
    serviceEntry: true,
  });
}

function checkSelector(check: Check, spec: ServiceEntrySpec): void {
  const selector = spec.workloadSelector;
  if (!selector) return;
  checkLabels(check, selector.labels, 'spec.workloadSelector.labels');
  if (Object.keys(selector.labels ?? {}).length === 0)
    check.warning('spec.workloadSelector', 'is empty and selects nothing');
  if (spec.endpoints?.length)
    check.error('spec.endpoints', 'workloadSelector and endpoints exclude each other');
  if ((spec.resolution ?? 'NONE') === 'NONE' && !hasTargetPort(spec)) {
    check.warning('spec.workloadSelector', 'has no effect with resolution NONE');
  }
}

function hasTargetPort(spec: ServiceEntrySpec): boolean {
  return (spec.ports ?? []).some((port) => port?.targetPort);
}

function checkPorts(check: Check, spec: ServiceEntrySpec): void {
  const ports = (spec.ports ?? []).filter((port) => port !== null);
  if (ports.length !== (spec.ports ?? []).length) check.error('spec.ports', 'must not contain null');
  check.unique(
    ports.map((port) => port.name ?? ''),
    'spec.ports',
    'port name',
  );
  check.unique(
    ports.map((port) => String(port.number)),
    'spec.ports',
    'port number',
  );
  const needAddress = !spec.addresses?.length;
  check.each(ports, 'spec.ports', (port, at) => {
    if (!isPortName(port.name ?? '')) check.error(`${at}.name`, `port name "${port.name ?? ''}" is invalid`);
    check.port(port.number, `${at}.number`);
    if (port.targetPort) check.port(port.targetPort, `${at}.targetPort`);
    if (port.protocol && !isProtocol(port.protocol))
      check.error(`${at}.protocol`, `invalid protocol "${port.protocol}"`);
    if (!port.protocol && needAddress)
      check.warning(`${at}.protocol`, 'is unset: without addresses the traffic cannot be told apart');
    if (port.targetPort && (spec.resolution ?? 'NONE') === 'NONE')
      check.warning(`${at}.targetPort`, 'has no effect with resolution NONE');
  });
  const multiple = (spec.hosts?.length ?? 0) > 1 && (spec.addresses?.length ?? 0) > 0;
  const opaque = ports.some((port) => !/^(HTTP|HTTP2|GRPC|GRPC-WEB)$/i.test(port.protocol ?? ''));
  if (multiple && opaque)
    check.warning(
      'spec.hosts',
      'several hosts share addresses and ports that are told apart by address only',
    );
}

function checkAddresses(check: Check, spec: ServiceEntrySpec): void {
  const subnets = (spec.resolution ?? 'NONE') === 'NONE' || spec.resolution === 'STATIC';
  check.each(spec.addresses, 'spec.addresses', (address, at) => {
    if (!isSubnet(address)) check.error(at, `"${address}" is no address and no subnet`);
    else if (!subnets && !isAddress(address))
      check.error(at, 'subnets are allowed with resolution NONE and STATIC only');
  });
}

function checkResolution(check: Check, object: ServiceEntry): void {
  const spec = object.spec ?? {};
  const resolution = spec.resolution ?? 'NONE';
  const endpoints = spec.endpoints ?? [];
  switch (resolution) {
    case 'NONE':
      if (endpoints.length > 0) check.error('spec.endpoints', 'must be empty with resolution NONE');
      break;
    case 'STATIC':
      checkEndpoints(check, spec, false);
      break;
    case 'DNS':
    case 'DNS_ROUND_ROBIN':
      if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
        check.error('spec.endpoints', 'DNS_ROUND_ROBIN allows one endpoint');
      checkDns(check, spec);
      checkEndpoints(check, spec, true);
      break;
    case 'DYNAMIC_DNS':
      checkDynamic(check, spec);
      break;
  }
}

function checkDns(check: Check, spec: ServiceEntrySpec): void {
  if (spec.endpoints?.length || spec.workloadSelector) return;
  check.each(spec.hosts, 'spec.hosts', (host, at) => {
    if (host.startsWith('*'))
      check.error(at, 'a wildcard host needs endpoints, because it cannot be resolved');
  });
}

function checkEndpoints(check: Check, spec: ServiceEntrySpec, names: boolean): void {
  const ports = new Set((spec.ports ?? []).map((port) => port?.name));
  check.each(spec.endpoints, 'spec.endpoints', (endpoint, at) => {
    if (!endpoint) {
      check.error(at, 'must not be null');
      return;
    }
    checkWorkload(check, endpoint, at, false);
    const address = endpoint.address ?? '';
    if (!names && address !== '' && !address.startsWith('unix://') && !isAddress(address)) {
      check.error(`${at}.address`, `"${address}" must be an address with resolution STATIC`);
    }
    if (names && address.startsWith('unix://'))
      check.error(`${at}.address`, 'Unix sockets need resolution STATIC');
    for (const name of Object.keys(endpoint.ports ?? {})) {
      if (!ports.has(name)) check.error(`${at}.ports.${name}`, 'is no port of this entry');
    }
  });
  if (spec.endpoints?.some((entry) => entry?.address?.startsWith('unix://')) && ports.size !== 1) {
    check.error('spec.ports', 'exactly one port is allowed with Unix sockets');
  }
}

function checkDynamic(check: Check, spec: ServiceEntrySpec): void {
  if (spec.endpoints?.length) check.error('spec.endpoints', 'must be empty with resolution DYNAMIC_DNS');
  if (spec.addresses?.length) check.error('spec.addresses', 'must be empty with resolution DYNAMIC_DNS');
  if (spec.location === 'MESH_INTERNAL')
    check.error('spec.location', 'DYNAMIC_DNS is for MESH_EXTERNAL only');
  check.each(spec.hosts, 'spec.hosts', (host, at) => {
    if (!host.startsWith('*')) check.error(at, 'DYNAMIC_DNS needs wildcard hosts');
  });
}
