import type { IstioEgressListener, IstioIngressListener, Sidecar } from '../sidecar.ts';
import type { Check } from './check.ts';
import { checkDestination } from './destination.ts';
import { isProtocol } from './gateway.ts';
import { checkLabels, isAddress, isDnsLabel, isPortName, wildcardFault } from './names.ts';
import { checkServerTls } from './server-tls.ts';
import { checkPool } from './traffic-policy.ts';

export function checkSidecar(check: Check, object: Sidecar): void {
  const spec = object.spec ?? {};
  checkLabels(check, spec.workloadSelector?.labels, 'spec.workloadSelector.labels');
  if (
    !spec.egress?.length &&
    !spec.ingress?.length &&
    !spec.outboundTrafficPolicy &&
    !spec.inboundConnectionPool
  ) {
    check.error(
      'spec',
      'one of egress, ingress, inboundConnectionPool and outboundTrafficPolicy is required',
      'Required',
    );
  }
  checkPool(check, spec.inboundConnectionPool, 'spec.inboundConnectionPool');
  checkIngresses(check, spec.ingress ?? []);
  checkEgresses(check, spec.egress ?? []);
  const policy = spec.outboundTrafficPolicy;
  if (policy?.egressProxy) {
    if (policy.mode !== 'ALLOW_ANY')
      check.error('spec.outboundTrafficPolicy.egressProxy', 'needs mode ALLOW_ANY');
    checkDestination(check, policy.egressProxy, 'spec.outboundTrafficPolicy.egressProxy');
    check.required(policy.egressProxy.port, 'spec.outboundTrafficPolicy.egressProxy.port');
  }
}

function checkIngresses(check: Check, listeners: readonly IstioIngressListener[]): void {
  check.each(listeners, 'spec.ingress', (listener, at) => {
    if (!listener) {
      check.error(at, 'must not be null');
      return;
    }
    checkPort(check, listener.port, '', `${at}.port`);
    checkBind(check, listener.bind, listener.captureMode, listener.port?.number, `${at}.bind`);
    checkDefaultEndpoint(check, listener.defaultEndpoint ?? '', `${at}.defaultEndpoint`);
    checkPool(check, listener.connectionPool, `${at}.connectionPool`);
    checkIngressTls(check, listener, `${at}.tls`);
  });
  check.unique(
    listeners.map((listener) => String(listener?.port?.number)),
    'spec.ingress',
    'port',
  );
}

function checkIngressTls(check: Check, { tls, port }: IstioIngressListener, path: string): void {
  if (!tls) return;
  if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH')
    check.error(`${path}.mode`, `${tls.mode} is not supported here`);
  const protocol = (port?.protocol ?? '').toUpperCase();
  if (protocol !== 'HTTPS' && protocol !== 'TLS') check.error(path, 'needs protocol HTTPS or TLS');
  if (tls.httpsRedirect) check.error(`${path}.httpsRedirect`, 'is not supported here');
  if (tls.credentialName) check.error(`${path}.credentialName`, 'is not supported here');
  checkServerTls(check, tls, path);
}

function checkDefaultEndpoint(check: Check, endpoint: string, path: string): void {
  if (endpoint === '') return;
  if (endpoint.startsWith('unix://')) {
    if (!/^unix:\/\/[/@]/.test(endpoint)) check.error(path, 'must be an absolute path or an abstract socket');
    return;
  }
  const match = /^\[?([^\]]*)\]?:(\d+)$/.exec(endpoint);
  if (!match) {
    check.error(path, `"${endpoint}" must have the form 127.0.0.1:PORT, 0.0.0.0:PORT or unix:///path`);
    return;
  }
  if (!['127.0.0.1', '0.0.0.0', '::1', '::'].includes(match[1]!))
    check.error(path, 'must be 127.0.0.1, 0.0.0.0, [::1] or [::]');
  check.port(Number(match[2]), path);
}

function checkEgresses(check: Check, listeners: readonly IstioEgressListener[]): void {
  const seen = new Set<string>();
  let catchAll: number | undefined;
  check.each(listeners, 'spec.egress', (listener, at) => {
    if (!listener) {
      check.error(at, 'must not be null');
      return;
    }
    if (!listener.port) {
      if (catchAll !== undefined) check.error(at, 'only one listener may leave out the port');
      else if (at !== `spec.egress[${listeners.length - 1}]`)
        check.error(at, 'a listener without a port must be the last');
      catchAll = 1;
      if (listener.bind && !isAddress(listener.bind))
        check.error(`${at}.bind`, `"${listener.bind}" is no address`);
    } else {
      checkPort(check, listener.port, listener.bind ?? '', `${at}.port`);
      checkBind(check, listener.bind, listener.captureMode, listener.port.number, `${at}.bind`);
    }
    const key = `${listener.bind ?? ''} ${listener.port?.number ?? ''}`;
    if (listener.port && seen.has(key))
      check.error(at, 'another listener has the same port and bind', 'Duplicate');
    seen.add(key);
    checkEgressHosts(check, listener, at);
  });
}

function checkEgressHosts(check: Check, listener: IstioEgressListener, path: string): void {
  if (!listener.hosts?.length) {
    check.error(`${path}.hosts`, 'at least one host is required', 'Required');
    return;
  }
  check.each(listener.hosts, `${path}.hosts`, (text, at) => {
    const [scope, host, more] = text.split('/');
    if (host === undefined || more !== undefined) {
      check.error(at, `"${text}" must have the form namespace/host`);
      return;
    }
    if (!['*', '.', '~'].includes(scope!) && !isDnsLabel(scope!.replace(/^~/, '')))
      check.error(at, `"${scope}" must be *, ., ~, a namespace, or ~ and a namespace to leave out`);
    const fault = wildcardFault(host);
    if (fault) check.error(at, fault);
  });
  const whole = new Set(
    listener.hosts.filter((text) => text.endsWith('/*')).map((text) => text.split('/')[0]),
  );
  for (const text of listener.hosts) {
    const [scope] = text.split('/');
    if (!text.endsWith('/*') && (whole.has(scope) || whole.has('*')))
      check.warning(`${path}.hosts`, `"${text}" is covered by a host with *`);
  }
  if (whole.has('.') && listener.hosts.length > 1)
    check.warning(`${path}.hosts`, '"./*" stands beside hosts that it may cover');
}

function checkPort(
  check: Check,
  port: IstioIngressListener['port'] | null,
  bind: string,
  path: string,
): void {
  if (!port) {
    check.error(path, 'port is required', 'Required');
    return;
  }
  if (port.number || !bind.startsWith('unix://')) check.port(port.number, `${path}.number`);
  if (port.name && !isPortName(port.name)) check.error(`${path}.name`, `port name "${port.name}" is invalid`);
  if (port.protocol && !isProtocol(port.protocol))
    check.error(`${path}.protocol`, `invalid protocol "${port.protocol}"`);
}

function checkBind(
  check: Check,
  bind: string | undefined,
  capture: string | undefined,
  port: number | undefined,
  path: string,
): void {
  if (!bind) return;
  if (bind.startsWith('unix://')) {
    if (capture !== undefined && capture !== 'NONE' && capture !== 'DEFAULT')
      check.error(path, 'a Unix socket cannot be captured: use captureMode NONE');
    if (port) check.error(path, 'a Unix socket has no port number');
  } else if (!isAddress(bind)) check.error(path, `"${bind}" is no address`);
}
