import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Clock } from '@lateen/kit';
import type { ClusterConfig } from '../config/cluster.ts';
import type { EndpointSpec } from '../config/endpoints.ts';
import { milliseconds } from '../config/values.ts';
import type { StatsScope } from '../telemetry/stats.ts';

/** Resolves a name to addresses; rejects when there is no answer. */
export type Resolve = (name: string, family: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = (name, family) =>
  new Promise((resolve, reject) => {
    const number = family === 'V4_ONLY' ? 4 : family === 'V6_ONLY' ? 6 : 0;
    lookup(name, { all: true, family: number, order: 'verbatim' }, (error, addresses) => {
      if (error) reject(error);
      else resolve(preferred(addresses, family));
    });
  });

function preferred(
  addresses: readonly { readonly address: string; readonly family: number }[],
  family: string,
): string[] {
  const of = (wanted: number) =>
    addresses.filter((entry) => entry.family === wanted).map((entry) => entry.address);
  const first = family === 'V4_PREFERRED' ? of(4) : of(6);
  const second = family === 'V4_PREFERRED' ? of(6) : of(4);
  if (family === 'ALL') return [...of(6), ...of(4)];
  return [...new Set(first.length > 0 ? first : second)];
}

/** Keeps the endpoints of a STRICT_DNS or LOGICAL_DNS cluster resolved. */
export class DnsDiscovery {
  private readonly config: ClusterConfig;
  private readonly stats: StatsScope;
  private readonly clock: Clock;
  private readonly resolve: Resolve;
  private readonly deliver: (endpoints: readonly EndpointSpec[]) => void;
  private readonly answers = new Map<string, readonly string[]>();
  private cancel = () => {};
  private closed = false;

  constructor(
    config: ClusterConfig,
    stats: StatsScope,
    clock: Clock,
    resolve: Resolve,
    deliver: (endpoints: readonly EndpointSpec[]) => void,
  ) {
    this.config = config;
    this.stats = stats;
    this.clock = clock;
    this.resolve = resolve;
    this.deliver = deliver;
    void this.refresh();
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private async refresh(): Promise<void> {
    const { message, assignment } = this.config;
    const names = new Set(assignment.endpoints.map((endpoint) => endpoint.address));
    const outcomes = await Promise.all(
      [...names].map((name) => this.resolveOne(name, message.dnsLookupFamily ?? 'AUTO')),
    );
    if (this.closed) return;
    this.deliver(this.expand());
    const failed = outcomes.includes(false);
    const rate = milliseconds(message.dnsRefreshRate, 5000);
    const pause = failed ? milliseconds(message.dnsFailureRefreshRate?.baseInterval, rate) : rate;
    this.cancel = this.clock.after(Math.max(1, pause), () => void this.refresh());
  }

  private async resolveOne(name: string, family: string): Promise<boolean> {
    this.stats.counter('update_attempt').inc();
    if (isIP(name) || name.startsWith('/')) {
      this.answers.set(name, [name]);
      this.stats.counter('update_success').inc();
      return true;
    }
    try {
      this.answers.set(name, await this.resolve(name, family));
      this.stats.counter('update_success').inc();
      return true;
    } catch {
      // The addresses of the last answer stay: a resolver that is away must not empty the cluster.
      this.stats.counter('update_failure').inc();
      return false;
    }
  }

  private expand(): EndpointSpec[] {
    const single = this.config.discovery === 'LOGICAL_DNS';
    return this.config.assignment.endpoints.flatMap((endpoint) => {
      const addresses = this.answers.get(endpoint.address) ?? [];
      return (single ? addresses.slice(0, 1) : addresses).map((address) => ({ ...endpoint, address }));
    });
  }
}
