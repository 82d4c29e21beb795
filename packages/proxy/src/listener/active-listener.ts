import type { Socket } from 'node:net';
import type { Clock } from '@lateen/kit';
import type { ListenerConfig } from '../config/listener.ts';
import type { ConnectionInfo, SocketAddress } from '../connection-info.ts';
import type { AccessLogWriter } from '../http/types.ts';
import type { DrainSignal } from '../stream-info.ts';
import { createTcpStreamInfo } from '../tcp/stream-info.ts';
import { responseFlag } from '../telemetry/response-flags.ts';
import type { Chain, Chains } from './chain.ts';
import { Drain, EitherDrain } from './drain.ts';
import type { Inspection } from './inspectors.ts';
import { inspect } from './listener-filters.ts';
import { type Libc, originalDestination } from './native.ts';
import type { ListenerStats } from './stats.ts';

export interface ListenerEnvironment {
  readonly clock: Clock;
  readonly serverDrain: DrainSignal;
  readonly nextConnectionId: () => number;
  /** Loaded when a listener needs the original destination. */
  readonly libc: () => Libc | undefined;
  /** The listener for a restored destination, for `use_original_dst`. */
  readonly handOff: (destination: SocketAddress, from: ActiveListener) => ActiveListener | undefined;
  /** False when the proxy has as many connections as it may. */
  readonly admit: (listener: ListenerConfig) => boolean;
  readonly connectionCount: { total: number };
}

/** A listener at work: matches accepted connections to its chains. */
export class ActiveListener {
  readonly config: ListenerConfig;
  readonly chains: Chains;
  readonly stats: ListenerStats;
  readonly drain = new Drain();
  private readonly environment: ListenerEnvironment;
  private readonly signal: DrainSignal;
  private readonly log: readonly AccessLogWriter[];
  connections = 0;

  constructor(
    config: ListenerConfig,
    chains: Chains,
    stats: ListenerStats,
    log: readonly AccessLogWriter[],
    environment: ListenerEnvironment,
  ) {
    this.config = config;
    this.chains = chains;
    this.stats = stats;
    this.log = log;
    this.environment = environment;
    this.signal = new EitherDrain(this.drain, environment.serverDrain);
  }

  /** A connection that the kernel accepted on one of the listener's sockets. */
  accept(socket: Socket): void {
    if (!this.environment.admit(this.config)) {
      this.stats.overflow.inc();
      socket.destroy();
      return;
    }
    this.stats.acceptedPerEvent.record(1);
    socket.setNoDelay(true);
    if (this.config.keepAlive) socket.setKeepAlive(true, this.config.keepAlive.delay);
    const inspection: Inspection = {
      serverName: '',
      transportProtocol: 'raw_buffer',
      applicationProtocols: [],
    };
    inspect(socket, this.config, inspection, this.stats, this.environment.clock, (initialData) =>
      this.inspected(socket, inspection, initialData),
    );
  }

  private inspected(socket: Socket, inspection: Inspection, initialData: Buffer | undefined): void {
    const info = this.describe(socket, inspection);
    if (!info) return;
    const target = this.config.useOriginalDestination
      ? this.environment.handOff(info.local, this)
      : undefined;
    (target ?? this).serve(socket, info, initialData);
  }

  private describe(
    socket: Socket,
    inspection: Inspection,
  ): Omit<ConnectionInfo, 'filterChainName'> | undefined {
    const direct = { address: plain(socket.remoteAddress), port: socket.remotePort ?? 0 };
    if (direct.address === '') return undefined;
    const own = { address: plain(socket.localAddress), port: socket.localPort ?? 0 };
    const restored = this.restore(socket, own);
    return {
      id: this.environment.nextConnectionId(),
      local: inspection.local ?? restored ?? own,
      localRestored: inspection.local !== undefined || restored !== undefined,
      remote: inspection.remote ?? direct,
      directRemote: direct,
      serverName: inspection.serverName,
      transportProtocol: inspection.transportProtocol,
      applicationProtocols: inspection.applicationProtocols,
      startedAt: this.environment.clock.monotonic(),
    };
  }

  private restore(socket: Socket, own: SocketAddress): SocketAddress | undefined {
    if (!this.config.listenerFilters.some((filter) => filter.kind === 'original_dst')) return undefined;
    const libc = this.environment.libc();
    const redirected = libc && originalDestination(libc, socket);
    if (redirected) return redirected;
    // Without NAT a socket that listens on every address was reached at the original destination itself.
    const bound = this.config.addresses[0]?.address;
    return this.config.transparent || bound === '0.0.0.0' || bound === '::' ? own : undefined;
  }

  private serve(
    socket: Socket,
    known: Omit<ConnectionInfo, 'filterChainName'>,
    initialData: Buffer | undefined,
  ): void {
    const chain = this.chains.matcher.find(known);
    if (!chain) {
      this.stats.noFilterChainMatch.inc();
      this.logUnmatched(known);
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    this.count(socket);
    const info: ConnectionInfo = { ...known, filterChainName: chain.name };
    if (chain.refuse !== undefined) this.refuse(socket);
    else chain.filter.onConnection({ socket, info, initialData, drain: this.signal });
  }

  private count(socket: Socket): void {
    const { stats, environment } = this;
    const began = environment.clock.monotonic();
    this.connections++;
    environment.connectionCount.total++;
    stats.total.inc();
    stats.workerTotal.inc();
    stats.workerActive.inc();
    stats.active.inc();
    socket.once('close', () => {
      this.connections--;
      environment.connectionCount.total--;
      stats.active.dec();
      stats.workerActive.dec();
      stats.destroyed.inc();
      stats.length.record(environment.clock.monotonic() - began);
    });
  }

  private refuse(socket: Socket): void {
    this.stats.tlsErrors().inc();
    socket.on('error', () => {});
    socket.resetAndDestroy();
  }

  private logUnmatched(known: Omit<ConnectionInfo, 'filterChainName'>): void {
    if (this.log.length === 0) return;
    const info = createTcpStreamInfo({ ...known, filterChainName: '' }, this.environment.clock);
    info.responseFlags |= responseFlag.NR;
    info.responseCodeDetails = 'filter_chain_not_found';
    info.completedAt = 0;
    for (const write of this.log)
      write({ info, request: undefined, response: undefined, trailers: undefined });
  }

  /** Takes no new work; chains that `keep` names go on under another listener. */
  startDrain(keep: readonly Chain[] = []): void {
    if (keep.length === 0) this.drain.start();
    for (const chain of this.chains.all) if (!keep.includes(chain)) chain.filter.drain();
  }

  close(keep: readonly Chain[] = []): void {
    for (const chain of this.chains.all) if (!keep.includes(chain)) chain.filter.close();
  }

  get activeConnections(): number {
    return this.chains.all.reduce((sum, chain) => sum + chain.filter.activeConnections, 0);
  }
}

/** IPv4 in IPv6 notation is IPv4. */
function plain(address: string | undefined): string {
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '');
}
