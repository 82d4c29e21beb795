import type { Environment } from './options.ts';

/** An address on which the proxy listens. */
export interface ListeningAddress {
  readonly address: string;
  readonly port: number;
}

/** What decides which connections pass the proxy: `traffic.sidecar.istio.io/*`, or istio-init's arguments. */
export interface CaptureSettings {
  readonly podAddresses: readonly string[];
  /** The agent's and the proxy's own ports: taken in, never taken out. */
  readonly ownPorts: readonly number[];
  /** `*`, or ports. */
  readonly inboundPorts: '*' | ReadonlySet<number>;
  readonly excludedInboundPorts: ReadonlySet<number>;
  readonly outboundPorts: '*' | ReadonlySet<number>;
  readonly excludedOutboundPorts: ReadonlySet<number>;
  /** `*`, or networks in CIDR form. */
  readonly outboundRanges: '*' | readonly string[];
  readonly excludedOutboundRanges: readonly string[];
}

const prefix = 'traffic.sidecar.istio.io/';

function words(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

const ports = (text: string | undefined): ReadonlySet<number> =>
  new Set(words(text).map(Number).filter(Boolean));

function portsOrAll(text: string | undefined): '*' | ReadonlySet<number> {
  return text === undefined || text.trim() === '*' ? '*' : ports(text);
}

export function readCaptureSettings(
  annotations: Readonly<Record<string, string>>,
  env: Environment,
  ownPorts: readonly number[],
): CaptureSettings {
  const of = (name: string) => annotations[prefix + name];
  const ranges = of('includeOutboundIPRanges');
  const includedPorts = of('includeOutboundPorts');
  return {
    podAddresses: words(env.INSTANCE_IPS ?? env.INSTANCE_IP),
    ownPorts,
    inboundPorts: portsOrAll(of('includeInboundPorts')),
    excludedInboundPorts: ports(of('excludeInboundPorts')),
    outboundPorts: includedPorts === undefined || includedPorts === '' ? '*' : portsOrAll(includedPorts),
    excludedOutboundPorts: ports(of('excludeOutboundPorts')),
    outboundRanges: ranges === undefined || ranges.trim() === '*' ? '*' : words(ranges),
    excludedOutboundRanges: words(of('excludeOutboundIPRanges')),
  };
}

const has = (set: '*' | ReadonlySet<number>, port: number) => set === '*' || set.has(port);
const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';
const isWildcard = (address: string) => address === '0.0.0.0' || address === '::';

/**
 * The policy rules, in the words of `ip rule`, that bring connections to the listeners and nothing else: what comes from
 * the application on `in0`, what comes for the pod on `eth0`. Ports without a listener pass by.
 */
export function captureRules(listeners: readonly ListeningAddress[], settings: CaptureSettings): Set<string> {
  const rules = new Set<string>();
  for (const range of settings.excludedOutboundRanges) rules.add(`pref 8 iif in0 to ${range} lookup main`);
  for (const port of settings.ownPorts) rules.add(inbound(port));
  for (const { address, port } of listeners) {
    if (isLoopback(address) || settings.ownPorts.includes(port)) continue;
    if (settings.podAddresses.includes(address)) {
      if (has(settings.inboundPorts, port) && !settings.excludedInboundPorts.has(port))
        rules.add(inbound(port));
    } else for (const rule of outbound(address, port, settings)) rules.add(rule);
  }
  return rules;
}

const inbound = (port: number) => `pref 11 iif eth0 ipproto tcp dport ${port} lookup local`;

function outbound(address: string, port: number, settings: CaptureSettings): string[] {
  if (!has(settings.outboundPorts, port) || settings.excludedOutboundPorts.has(port)) return [];
  const rule = (to: string) => `pref 10 iif in0 ${to}ipproto tcp dport ${port} lookup local`;
  if (!isWildcard(address)) return [rule(`to ${address} `)];
  return settings.outboundRanges === '*'
    ? [rule('')]
    : settings.outboundRanges.map((range) => rule(`to ${range} `));
}
