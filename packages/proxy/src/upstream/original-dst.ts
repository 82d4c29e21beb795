import { isIP } from 'node:net';
import type { Clock } from '@lateen/kit';
import type { ClusterConfig } from '../config/cluster.ts';
import { milliseconds } from '../config/values.ts';
import type { SocketAddress } from '../connection-info.ts';
import type { Counter } from '../telemetry/stats.ts';
import { hostKey, UpstreamHost } from './host.ts';
import type { LoadBalancerContext } from './types.ts';

/** Makes a host of whatever the client wanted to reach; hosts that stay unused are dropped. */
export class OriginalDestinations {
  private readonly config: ClusterConfig;
  private readonly known = new Map<string, { readonly host: UpstreamHost; used: boolean }>();
  private readonly changed: (removed: readonly UpstreamHost[]) => void;
  private readonly invalid: Counter;
  private readonly clock: Clock;
  private cancel: () => void;

  constructor(
    config: ClusterConfig,
    invalid: Counter,
    clock: Clock,
    changed: (removed: readonly UpstreamHost[]) => void,
  ) {
    this.config = config;
    this.invalid = invalid;
    this.clock = clock;
    this.changed = changed;
    this.cancel = this.later();
  }

  private later(): () => void {
    return this.clock.after(milliseconds(this.config.message.cleanupInterval, 5000), () => this.clean());
  }

  close(): void {
    this.cancel();
  }

  hosts(): UpstreamHost[] {
    return [...this.known.values()].map((entry) => entry.host);
  }

  choose(context: LoadBalancerContext): UpstreamHost | undefined {
    const target = this.target(context);
    if (!target) return undefined;
    const key = hostKey(target.address, target.port);
    let entry = this.known.get(key);
    if (!entry) {
      entry = { host: createHost(target), used: true };
      this.known.set(key, entry);
      this.changed([]);
    }
    entry.used = true;
    return entry.host;
  }

  private target(context: LoadBalancerContext): SocketAddress | undefined {
    const options = this.config.message.originalDstLbConfig ?? {};
    const override = options.useHttpHeader ? context.originalDestination : undefined;
    let target: SocketAddress | undefined;
    if (override !== undefined) {
      target = parseAddress(override);
      if (!target) this.invalid.inc();
    } else if (context.downstream?.localRestored) target = context.downstream.local;
    if (target && options.upstreamPortOverride !== undefined)
      return { address: target.address, port: options.upstreamPortOverride };
    return target;
  }

  private clean(): void {
    const removed: UpstreamHost[] = [];
    for (const [key, entry] of this.known) {
      if (entry.used || entry.host.activeConnections > 0 || entry.host.activeRequests > 0) entry.used = false;
      else {
        this.known.delete(key);
        removed.push(entry.host);
      }
    }
    if (removed.length > 0) this.changed(removed);
    this.cancel = this.later();
  }
}

function createHost({ address, port }: SocketAddress): UpstreamHost {
  return new UpstreamHost({
    address,
    port,
    hostname: '',
    weight: 1,
    priority: 0,
    locality: { region: '', zone: '', subZone: '' },
    metadata: {},
    healthStatus: 'UNKNOWN',
    healthCheckPort: undefined,
    healthCheckHost: '',
  });
}

/** `1.2.3.4:80` or `[::1]:80`; names are no addresses. */
function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return isIP(address) && port > 0 && port < 65_536 ? { address, port } : undefined;
}
