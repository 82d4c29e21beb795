import type {
  L4MatchAttributes,
  TcpRoute,
  TlsRoute,
  VirtualService,
  VirtualServiceSpec,
} from '../virtual-service.ts';
import type { Check } from './check.ts';
import { checkWeighted } from './destination.ts';
import { checkGatewayNames } from './gateway-names.ts';
import { checkHttpRoute } from './http-route.ts';
import {
  checkExportTo,
  checkLabels,
  isAddress,
  isDnsLabel,
  isGeneratedServerName,
  isSubnet,
  wildcardFault,
} from './names.ts';
import { checkUnreachable } from './unreachable.ts';

export function checkVirtualService(check: Check, object: VirtualService): void {
  const spec = object.spec ?? {};
  const delegate = !spec.hosts?.length;
  if (delegate) checkDelegate(check, spec);
  const gateways = spec.gateways ?? [];
  checkGatewayNames(check, gateways, 'spec.gateways');
  const inMesh = gateways.length === 0 || gateways.includes('mesh');
  checkHosts(
    check,
    spec,
    inMesh && !delegate,
    gateways.some((name) => name !== 'mesh'),
  );
  if (!spec.http?.length && !spec.tls?.length && !spec.tcp?.length) {
    check.error('spec', 'one of http, tls and tcp is required', 'Required');
  }
  check.each(spec.http, 'spec.http', (route, at) => checkHttpRoute(check, route, at, delegate));
  check.each(spec.tls, 'spec.tls', (route, at) => checkTls(check, route, at, spec));
  check.each(spec.tcp, 'spec.tcp', (route, at) => checkTcp(check, route, at));
  checkExportTo(check, spec.exportTo, 'spec.exportTo', { namespace: object.metadata.namespace ?? '' });
  checkUnreachable(check, spec.http, 'spec.http');
}

function checkDelegate(check: Check, spec: VirtualServiceSpec): void {
  for (const field of ['gateways', 'tls', 'tcp'] as const) {
    if (spec[field]?.length)
      check.error(`spec.${field}`, 'must be empty in a resource without hosts, which others delegate to');
  }
}

function checkHosts(check: Check, spec: VirtualServiceSpec, inMesh: boolean, atGateway: boolean): void {
  const hosts = spec.hosts ?? [];
  check.each(hosts, 'spec.hosts', (host, at) => {
    const fault = wildcardFault(host);
    if (fault && !isAddress(host) && !(atGateway && isGeneratedServerName(host))) check.error(at, fault);
    if (inMesh && host === '*')
      check.error(at, '"*" is allowed only for gateways: name the services, or gateways other than mesh');
  });
  for (const [index, host] of hosts.entries()) {
    const other = hosts.slice(0, index).find((earlier) => overlap(earlier, host));
    if (other !== undefined)
      check.error(`spec.hosts[${index}]`, `"${host}" and "${other}" overlap`, 'Duplicate');
  }
}

function overlap(a: string, b: string): boolean {
  const covers = (pattern: string, host: string) =>
    pattern.startsWith('*') && host.replace(/^\*/, '').endsWith(pattern.slice(1));
  return a === b || covers(a, b) || covers(b, a);
}

function checkTcp(check: Check, route: TcpRoute | null, path: string): void {
  if (!route?.route?.length) {
    check.error(`${path}.route`, 'is required', 'Required');
    return;
  }
  check.each(route.match, `${path}.match`, (match, at) => checkL4(check, match, at));
  checkWeighted(check, route.route, `${path}.route`);
}

function checkTls(check: Check, route: TlsRoute | null, path: string, spec: VirtualServiceSpec): void {
  if (!route?.route?.length) check.error(`${path}.route`, 'is required', 'Required');
  if (!route?.match?.length) {
    check.error(`${path}.match`, 'is required', 'Required');
    return;
  }
  check.each(route.match, `${path}.match`, (match, at) => {
    if (!match.sniHosts?.length) check.error(`${at}.sniHosts`, 'is required', 'Required');
    check.each(match.sniHosts, `${at}.sniHosts`, (host, where) => checkServerName(check, host, where, spec));
    checkL4(check, match, at);
  });
  checkWeighted(check, route.route, `${path}.route`);
}

function checkServerName(check: Check, host: string, path: string, spec: VirtualServiceSpec): void {
  if (isAddress(host)) {
    check.warning(path, `"${host}" is an address; clients do not send addresses as server names`);
    return;
  }
  const fault = wildcardFault(host);
  if (fault && !isGeneratedServerName(host)) {
    check.error(path, fault);
    return;
  }
  const covered = (spec.hosts ?? []).some(
    (own) => own === host || own === '*' || (own.startsWith('*') && host.endsWith(own.slice(1))),
  );
  if (!covered) check.error(path, `"${host}" must be one of the hosts or be covered by one`);
}

function checkL4(check: Check, match: L4MatchAttributes, path: string): void {
  check.each(match.destinationSubnets, `${path}.destinationSubnets`, (subnet, at) => {
    if (!isSubnet(subnet)) check.error(at, `"${subnet}" is no subnet such as 10.1.0.0/16`);
  });
  if (match.port) check.port(match.port, `${path}.port`);
  checkLabels(check, match.sourceLabels, `${path}.sourceLabels`);
  checkGatewayNames(check, match.gateways, `${path}.gateways`);
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace)) {
    check.error(`${path}.sourceNamespace`, `"${match.sourceNamespace}" is no namespace`);
  }
}
