import { isIP } from 'node:net';
import type { ConnectionInfo } from '../connection-info.ts';
import { isLoopback } from './config/addresses.ts';
import type { HcmSettings, IpDetection } from './config/hcm.ts';
import type { RequestHeaders } from './header-list.ts';
import type { HttpDependencies } from './types.ts';

const internalHeaders = `x-envoy-retriable-status-codes x-envoy-retriable-header-names x-envoy-retry-on
x-envoy-retry-grpc-on x-envoy-max-retries x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-timeout-ms
x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response x-envoy-expected-rq-timeout-ms
x-envoy-force-trace x-envoy-ip-tags x-envoy-original-url x-envoy-hedge-on-per-try-timeout
x-envoy-upstream-stream-duration-ms`.split(/\s+/);

const edgeHeaders =
  `x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node
x-envoy-original-path`.split(/\s+/);

const externalNames: ReadonlySet<string> = new Set(internalHeaders);
const edgeNames: ReadonlySet<string> = new Set([...internalHeaders, ...edgeHeaders]);

/** What the request's headers say about where it came from. */
export interface Origin {
  /** The trusted client address. */
  readonly remote: string;
  readonly internal: boolean;
  readonly edge: boolean;
  /** Refuse with this status: its address could not be told. */
  readonly reject?: number;
}

/**
 * Writes what the connection manager adds to every request: forwarding headers, the request id and the like; takes
 * away what an outside client may not say. `internalOnly` are the route configuration's own internal headers.
 */
export function mutateRequest(
  headers: RequestHeaders,
  connection: ConnectionInfo,
  settings: HcmSettings,
  deps: HttpDependencies,
  internalOnly: readonly string[],
): Origin {
  const scheme = connection.transportProtocol === 'tls' ? 'https' : 'http';
  const origin = settings.useRemoteAddress
    ? useRemoteAddress(headers, connection, settings, deps, scheme)
    : detectAddress(headers, connection, settings);
  if (origin.reject !== undefined) return origin;
  if (headers.first('x-forwarded-proto') === undefined) headers.add('x-forwarded-proto', scheme);
  if (settings.schemeOverwrite !== undefined) headers.set('x-forwarded-proto', settings.schemeOverwrite);
  headers.scheme = settings.schemeOverwrite ?? schemeOf(headers, scheme);
  cleanHeaders(headers, origin, internalOnly);
  if (settings.addUserAgent) addUserAgent(headers, deps);
  if (settings.via !== '') headers.join('via', settings.via, ', ');
  if (origin.edge) headers.set('x-envoy-external-address', origin.remote);
  if (settings.generateRequestId) {
    const force = origin.edge && !settings.preserveExternalRequestId;
    if (force) headers.set('x-request-id', deps.random.uuid());
    else if (!headers.first('x-request-id')) headers.set('x-request-id', deps.random.uuid());
  }
  if (settings.forwardClientCert !== 'ALWAYS_FORWARD_ONLY' && connection.tls === undefined) {
    headers.remove('x-forwarded-client-cert');
  }
  return origin;
}

function schemeOf(headers: RequestHeaders, fallback: string): string {
  const forwarded = headers.first('x-forwarded-proto')?.toLowerCase();
  return forwarded === 'http' || forwarded === 'https' ? forwarded : fallback;
}

function useRemoteAddress(
  headers: RequestHeaders,
  connection: ConnectionInfo,
  settings: HcmSettings,
  deps: HttpDependencies,
  scheme: string,
): Origin {
  const forwarded = headers.first('x-forwarded-for');
  const peer = connection.remote.address;
  const hops = settings.trustedHops;
  const trusted = hops > 0 && forwarded !== undefined ? addressFromRight(forwarded, hops - 1) : undefined;
  const remote = trusted ?? peer;
  if (!settings.skipXffAppend) headers.join('x-forwarded-for', isLoopback(peer) ? deps.localAddress : peer);
  if (hops === 0 || headers.first('x-forwarded-proto') === undefined)
    headers.set('x-forwarded-proto', scheme);
  if (settings.appendForwardedPort && (hops === 0 || headers.first('x-forwarded-port') === undefined)) {
    headers.set('x-forwarded-port', String(connection.local.port));
  }
  const internal = forwarded === undefined && settings.internalAddresses(remote);
  return { remote, internal, edge: !internal };
}

function detectAddress(headers: RequestHeaders, connection: ConnectionInfo, settings: HcmSettings): Origin {
  const peer = connection.remote.address;
  for (const detection of settings.ipDetection) {
    const found =
      detection.kind === 'xff'
        ? detectFromXff(headers, detection, peer)
        : detectFromHeader(headers, detection);
    if (found === undefined) continue;
    if (found.reject !== undefined)
      return { remote: peer, internal: false, edge: false, reject: found.reject };
    return {
      remote: found.address,
      internal: found.checked && settings.internalAddresses(found.address),
      edge: false,
    };
  }
  return { remote: peer, internal: false, edge: false };
}

interface Detected {
  readonly address: string;
  /** Whether the address may count as internal. */
  readonly checked: boolean;
  readonly reject?: number;
}

function detectFromXff(
  headers: RequestHeaders,
  detection: Extract<IpDetection, { kind: 'xff' }>,
  peer: string,
): Detected | undefined {
  const forwarded = headers.first('x-forwarded-for');
  if (forwarded === undefined) return undefined;
  if (detection.trusted !== undefined) return detectBehindTrusted(forwarded, detection.trusted, peer);
  const address = addressFromRight(forwarded, detection.hops);
  return address === undefined
    ? undefined
    : { address, checked: detection.hops === 0 && !forwarded.includes(',') };
}

/** The first address from the right that is not a trusted proxy's. */
function detectBehindTrusted(
  forwarded: string,
  trusted: (address: string) => boolean,
  peer: string,
): Detected | undefined {
  if (!trusted(peer)) return { address: peer, checked: false };
  const addresses = forwarded.split(',').map((part) => part.trim());
  for (let i = addresses.length - 1; i >= 0; i--) {
    const address = addresses[i]!;
    if (isIP(address) === 0) return undefined;
    if (!trusted(address) || i === 0) return { address, checked: addresses.length === 1 };
  }
  return undefined;
}

function detectFromHeader(
  headers: RequestHeaders,
  detection: Extract<IpDetection, { kind: 'header' }>,
): Detected | undefined {
  const value = headers.first(detection.name);
  if (value !== undefined && isIP(value) !== 0) return { address: value, checked: detection.internal };
  return detection.reject === undefined
    ? undefined
    : { address: '', checked: false, reject: detection.reject };
}

/** The address that stands `skip` places from the right, if it is one. */
function addressFromRight(forwarded: string, skip: number): string | undefined {
  if (skip === 0 && !forwarded.includes(',')) return isIP(forwarded) === 0 ? undefined : forwarded;
  const parts = forwarded.split(',');
  const part = parts[parts.length - 1 - skip]?.trim();
  return part !== undefined && isIP(part) !== 0 ? part : undefined;
}

function cleanHeaders(headers: RequestHeaders, origin: Origin, internalOnly: readonly string[]): void {
  if (origin.internal) {
    headers.set('x-envoy-internal', 'true');
    return;
  }
  const unwanted = origin.edge ? edgeNames : externalNames;
  const list = headers.list;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!;
    if (name.startsWith('x-envoy-') && (name === 'x-envoy-internal' || unwanted.has(name))) {
      headers.removeIf((each) => each === 'x-envoy-internal' || unwanted.has(each));
      break;
    }
  }
  for (const name of internalOnly) headers.remove(name);
}

function addUserAgent(headers: RequestHeaders, deps: HttpDependencies): void {
  headers.set('x-envoy-downstream-service-cluster', deps.node.cluster);
  if (!headers.first('user-agent')) headers.set('user-agent', deps.node.cluster);
  if (deps.node.id !== '') headers.set('x-envoy-downstream-service-node', deps.node.id);
}
