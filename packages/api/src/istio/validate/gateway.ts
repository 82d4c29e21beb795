import type { Gateway, Port, Server } from '../gateway.ts';
import type { Check } from './check.ts';
import { checkLabels, isAddress, isDnsLabel, isPortName, wildcardFault } from './names.ts';
import { checkServerTls } from './server-tls.ts';

const protocols = new Set([
  'GRPC',
  'GRPC-WEB',
  'HTTP',
  'HTTP2',
  'HTTPS',
  'HTTP_PROXY',
  'HBONE',
  'MONGO',
  'MYSQL',
  'REDIS',
  'TCP',
  'TLS',
  'UDP',
]);

export function isProtocol(name: string): boolean {
  return protocols.has(name.toUpperCase());
}

export function checkGateway(check: Check, object: Gateway): void {
  const spec = object.spec ?? {};
  if (!spec.servers?.length) check.error('spec.servers', 'at least one server is required', 'Required');
  check.each(spec.servers, 'spec.servers', (server, at) => checkServer(check, server, at));
  const names = (spec.servers ?? []).map((server) => server?.port?.name).filter((name) => name !== undefined);
  for (const name of names.filter((entry, index) => names.indexOf(entry) !== index)) {
    check.error('spec.servers', `port names must be unique: "${name}" stands more than once`, 'Duplicate');
  }
  checkLabels(check, spec.selector, 'spec.selector');
}

export function checkServer(check: Check, server: Server | null, path: string): void {
  if (!server) {
    check.error(path, 'must not be null');
    return;
  }
  if (!server.hosts?.length) check.error(`${path}.hosts`, 'at least one host is required', 'Required');
  check.each(server.hosts, `${path}.hosts`, (host, at) => checkServerHost(check, host, at));
  if (server.bind && !server.bind.startsWith('unix://') && !isAddress(server.bind))
    check.error(`${path}.bind`, `${server.bind} is not a valid IP address`);
  checkServerPort(check, server.port, server.bind ?? '', `${path}.port`);
  checkServerTls(check, server.tls, `${path}.tls`);
  const protocol = (server.port?.protocol ?? '').toUpperCase();
  const encrypted = protocol === 'HTTPS' || protocol === 'TLS';
  if (encrypted && !server.tls)
    check.error(`${path}.tls`, `server must have TLS settings for protocol ${protocol}`);
  if (server.tls?.httpsRedirect && encrypted)
    check.error(`${path}.tls.httpsRedirect`, 'is for plain HTTP servers only');
  if (!encrypted && server.tls && !server.tls.httpsRedirect) {
    check.error(`${path}.tls`, 'server cannot have TLS settings for non HTTPS/TLS ports');
  }
}

export function checkServerPort(
  check: Check,
  port: Port | null | undefined,
  bind: string,
  path: string,
): void {
  if (!port) {
    check.error(path, 'port is required', 'Required');
    return;
  }
  if (!isProtocol(port.protocol ?? ''))
    check.error(
      `${path}.protocol`,
      `invalid protocol "${port.protocol ?? ''}": must be one of ${[...protocols].join(', ')}`,
    );
  if (port.number || !bind.startsWith('unix://')) check.port(port.number, `${path}.number`);
  if (!port.name) check.error(`${path}.name`, 'port name is required', 'Required');
  else if (!isPortName(port.name)) check.error(`${path}.name`, `port name "${port.name}" is invalid`);
}

function checkServerHost(check: Check, text: string, path: string): void {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(slash + 1);
  const scope = slash < 0 ? '*' : text.slice(0, slash);
  if (scope !== '*' && scope !== '.' && !isDnsLabel(scope))
    check.error(path, `invalid namespace value "${scope}": must be *, . or a namespace`);
  if (/^\*[^.]/.test(host)) {
    check.error(path, `partial wildcard "${host}" not allowed`);
    return;
  }
  const fault = wildcardFault(host);
  if (fault) check.error(path, `domain ${fault}`);
}
