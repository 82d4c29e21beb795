import { createServer, type Server, type Socket } from 'node:net';
import type { Problem } from '@lateen/kit';
import { addressText, type ListenerConfig, readListener } from '../config/listener.ts';
import type { Message } from '../config/problems.ts';
import type { SocketAddress } from '../connection-info.ts';
import type { AccessLogWriter } from '../http/types.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import { ActiveListener, type ListenerEnvironment } from './active-listener.ts';
import { type Chain, createChains } from './chain.ts';
import { setTransparent } from './native.ts';
import type { NetworkFilterDependencies } from './network-filters.ts';
import { createListenerStats } from './stats.ts';

export interface ListenersEnvironment extends Omit<ListenerEnvironment, 'handOff'> {
  readonly stats: StatsScope;
  readonly filters: (statName: string) => {
    readonly deps: NetworkFilterDependencies;
    readonly pendingRoutes: () => readonly string[];
    readonly whenRoutesKnown: (callback: () => void) => () => void;
  };
  /** Milliseconds for which a replaced or removed listener may finish its connections. */
  readonly drainTime: number;
  readonly drainImmediately: boolean;
  readonly reusePort: boolean;
  readonly warn: (message: string, fields: Record<string, unknown>) => void;
}

interface Bound {
  readonly server: Server;
  owner: ActiveListener;
}

interface Entry {
  readonly listener: ActiveListener;
  readonly version: string;
  readonly updatedAt: number;
  /** Came from an xDS server. */
  readonly dynamic: boolean;
  cancelWarming: () => void;
}

/** How a listener that was prepared before the start becomes active. */
interface PendingStart {
  readonly pendingRoutes: () => readonly string[];
  readonly whenRoutesKnown: (callback: () => void) => () => void;
  readonly activate: () => void;
}

/** An update that could not be applied. */
export interface Failure {
  readonly name: string;
  readonly error: string;
  readonly at: number;
  readonly message: Message;
}

/** All listeners by name, and the sockets that outlive their updates. */
export class Listeners {
  private readonly active = new Map<string, Entry>();
  private readonly warming = new Map<string, Entry>();
  private readonly draining = new Set<ActiveListener>();
  private readonly sockets = new Map<string, Bound>();
  private readonly environment: ListenersEnvironment;
  private readonly refusals = new Map<string, Failure>();
  private readonly pendingStart = new Map<Entry, PendingStart>();
  private readonly binding = new Map<ActiveListener, Promise<void>>();
  private started = false;
  private stopped = false;

  constructor(environment: ListenersEnvironment) {
    this.environment = environment;
    const scope = environment.stats.scope('listener_manager');
    for (const name of [
      'listener_added',
      'listener_create_failure',
      'listener_create_success',
      'listener_in_place_updated',
      'listener_modified',
      'listener_removed',
      'listener_stopped',
    ])
      scope.counter(name);
    for (const name of [
      'total_filter_chains_draining',
      'total_listeners_active',
      'total_listeners_draining',
      'total_listeners_warming',
      'workers_pinned',
      'workers_started',
    ])
      scope.gauge(name).set(0);
  }

  entries(): readonly Entry[] {
    return [...this.active.values()];
  }

  warmingEntries(): readonly Entry[] {
    return [...this.warming.values()];
  }

  /** Updates that were refused and have not been replaced since. */
  failures(): readonly Failure[] {
    return [...this.refusals.values()];
  }

  /** Remembers why an update was refused, for dumps. */
  noteFailure(name: string, error: string, message: Message): void {
    this.refusals.set(name, { name, error, at: this.environment.clock.now(), message });
  }

  drainingListeners(): readonly ActiveListener[] {
    return [...this.draining];
  }

  /** Adds or replaces a listener; the answer is what stood in the way, and then nothing has changed. */
  set(message: Message, path = '', version = '', dynamic = false): readonly Problem[] {
    const read = readListener(message, path);
    if (!read.value) return read.problems;
    const config = read.value;
    const known = this.warming.get(config.name) ?? this.active.get(config.name);
    if (known && JSON.stringify(known.listener.config.message) === JSON.stringify(message)) return [];
    const clash = this.addressClash(config);
    if (clash)
      return [
        problem(
          path,
          `error adding listener: '${config.name}' has duplicate address '${clash}' as existing listener`,
        ),
      ];
    const { deps, pendingRoutes, whenRoutesKnown } = this.environment.filters(config.statName);
    const previous = this.reusableChains(config);
    const chains = createChains(message, previous, deps, path);
    const log: AccessLogWriter[] = [];
    const problems = [...chains.problems, ...this.createLoggers(message, deps, path, log)];
    if (!chains.value || problems.length > 0) return problems;
    const stats = createListenerStats(this.environment.stats, config.statName);
    const listener = new ActiveListener(config, chains.value, stats, log, {
      ...this.environment,
      handOff: (to, from) => this.handOff(to, from),
    });
    this.warm(
      { listener, version, dynamic, updatedAt: this.environment.clock.now(), cancelWarming: () => {} },
      pendingRoutes,
      whenRoutesKnown,
    );
    return [];
  }

  private createLoggers(
    message: Message,
    deps: NetworkFilterDependencies,
    path: string,
    log: AccessLogWriter[],
  ): readonly Problem[] {
    return (message.accessLog ?? []).flatMap((entry: Message, index: number) => {
      const logger = deps.tcp.createAccessLogger(entry, `${path}access_log[${index}]`);
      if (logger.value) log.push(logger.value);
      return logger.problems;
    });
  }

  private addressClash(config: ListenerConfig): string | undefined {
    if (!config.bindToPort) return undefined;
    const wanted = config.addresses.filter((address) => address.port !== 0).map(addressText);
    for (const entries of [this.active, this.warming]) {
      for (const { listener } of entries.values()) {
        if (listener.config.name === config.name || !listener.config.bindToPort) continue;
        const clash = listener.config.addresses.map(addressText).find((address) => wanted.includes(address));
        if (clash) return clash;
      }
    }
    return undefined;
  }

  /** Chains live on when nothing but chains differs between two versions of a listener. */
  private reusableChains(config: ListenerConfig): readonly Chain[] {
    const old = this.active.get(config.name)?.listener;
    if (!old) return [];
    return sameShell(old.config.message, config.message) ? old.chains.all : [];
  }

  private warm(
    entry: Entry,
    pendingRoutes: () => readonly string[],
    whenRoutesKnown: (callback: () => void) => () => void,
  ): void {
    const { name } = entry.listener.config;
    this.dropWarming(name);
    this.warming.set(name, entry);
    const activate = () => {
      if (this.warming.get(name) !== entry) return;
      this.warming.delete(name);
      this.activate(entry);
    };
    this.pendingStart.set(entry, { pendingRoutes, whenRoutesKnown, activate });
    this.showCounts();
    if (!this.started) return;
    if (pendingRoutes().length === 0) activate();
    else entry.cancelWarming = whenRoutesKnown(activate);
  }

  /** Begins to listen; until then listeners are only prepared. Calls back when every listener known now is active. */
  start(done: () => void): void {
    this.started = true;
    this.environment.stats.scope('listener_manager').gauge('workers_started').set(1);
    const waiting = [...this.warming.values()];
    let left = waiting.length + 1;
    const one = () => {
      left--;
      if (left === 0) done();
    };
    for (const entry of waiting) {
      const start = this.pendingStart.get(entry)!;
      const ready = () => {
        start.activate();
        this.whenBound(entry.listener, one);
      };
      if (start.pendingRoutes().length === 0) ready();
      else entry.cancelWarming = start.whenRoutesKnown(ready);
    }
    one();
  }

  /** Resolves when every listener that is warming or binding now listens. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiting = [...this.pendingStart.values()];
      let left = waiting.length + 1;
      const one = () => {
        left--;
        if (left === 0) resolve();
      };
      for (const start of waiting) start.whenRoutesKnown(one);
      one();
    });
    await Promise.all(this.binding.values());
  }

  private whenBound(listener: ActiveListener, callback: () => void): void {
    const promise = this.binding.get(listener);
    if (promise) void promise.then(callback);
    else callback();
  }

  private dropWarming(name: string): void {
    const entry = this.warming.get(name);
    if (!entry) return;
    entry.cancelWarming();
    this.warming.delete(name);
    this.pendingStart.delete(entry);
    const kept = this.active.get(name)?.listener.chains.all ?? [];
    entry.listener.close(kept);
  }

  private activate(entry: Entry): void {
    this.pendingStart.delete(entry);
    const { name } = entry.listener.config;
    this.refusals.delete(name);
    const old = this.active.get(name)?.listener;
    this.active.set(name, entry);
    this.binding.set(entry.listener, this.bind(entry.listener));
    const scope = this.environment.stats.scope('listener_manager');
    scope.counter(old ? 'listener_modified' : 'listener_added').inc();
    if (old) {
      const kept = entry.listener.chains.all;
      if (sameShell(old.config.message, entry.listener.config.message))
        scope.counter('listener_in_place_updated').inc();
      this.retire(old, kept, entry.listener);
    }
    this.showCounts();
  }

  private async bind(listener: ActiveListener): Promise<void> {
    if (!listener.config.bindToPort) return;
    await Promise.all(listener.config.addresses.map((address) => this.bindAddress(listener, address)));
    this.binding.delete(listener);
  }

  private bindAddress(listener: ActiveListener, address: SocketAddress): Promise<void> {
    const key = addressText(address);
    const bound = this.sockets.get(key);
    if (bound) {
      bound.owner = listener;
      return Promise.resolve();
    }
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false, noDelay: true });
    const entry: Bound = { server, owner: listener };
    this.sockets.set(key, entry);
    server.on('connection', (socket: Socket) => entry.owner.accept(socket));
    return new Promise((resolve) => {
      server.once('error', (error) => {
        this.sockets.delete(key);
        this.failed(listener, key, error);
        resolve();
      });
      const options = {
        host: address.address,
        port: address.port,
        backlog: listener.config.backlog ?? 4096,
        reusePort: this.environment.reusePort || listener.config.reusePort,
        ipv6Only: false,
      };
      server.listen(options, () => {
        this.environment.stats.scope('listener_manager').counter('listener_create_success').inc();
        this.makeTransparent(listener, server, key);
        resolve();
      });
    });
  }

  private makeTransparent(listener: ActiveListener, server: Server, key: string): void {
    if (!listener.config.transparent) return;
    const libc = this.environment.libc();
    if (!libc || !setTransparent(libc, server)) {
      this.environment.warn(
        'the listener cannot be transparent: IP_TRANSPARENT was refused; run with CAP_NET_ADMIN',
        { listener: listener.config.name, address: key },
      );
    }
  }

  private failed(listener: ActiveListener, address: string, error: Error): void {
    this.environment.stats.scope('listener_manager').counter('listener_create_failure').inc();
    const text = `cannot bind '${address}': ${error.message}`;
    this.refusals.set(listener.config.name, {
      name: listener.config.name,
      error: text,
      at: this.environment.clock.now(),
      message: listener.config.message,
    });
    this.environment.warn(
      `listener '${listener.config.name}' failed to bind or apply socket options: ${text}`,
      {},
    );
  }

  /** Where the first socket of a listener really listens; port 0 has become a number. */
  localAddresses(listener: ActiveListener): readonly SocketAddress[] {
    return listener.config.addresses.map((address) => {
      const bound = this.sockets.get(addressText(address))?.server.address();
      return bound && typeof bound === 'object' ? { address: address.address, port: bound.port } : address;
    });
  }

  private retire(
    listener: ActiveListener,
    kept: readonly Chain[],
    successor: ActiveListener | undefined,
  ): void {
    const inPlace = listener.chains.all.some((chain) => kept.includes(chain));
    for (const address of listener.config.addresses) {
      const bound = this.sockets.get(addressText(address));
      if (bound?.owner !== listener) continue;
      const next = successor && this.takesOver(successor, address);
      if (next) bound.owner = next;
      else this.closeSocket(addressText(address));
    }
    listener.startDrain(kept.filter((chain) => listener.chains.all.includes(chain)));
    if (!inPlace) this.draining.add(listener);
    this.environment.clock.after(this.environment.drainTime, () => {
      listener.close(kept);
      this.draining.delete(listener);
      this.showCounts();
    });
  }

  private takesOver(successor: ActiveListener, address: SocketAddress): ActiveListener | undefined {
    const key = addressText(address);
    return successor.config.addresses.some((other) => addressText(other) === key) ? successor : undefined;
  }

  private closeSocket(key: string): void {
    this.sockets.get(key)?.server.close();
    this.sockets.delete(key);
  }

  remove(name: string): void {
    this.refusals.delete(name);
    this.dropWarming(name);
    const entry = this.active.get(name);
    if (!entry) return;
    this.active.delete(name);
    this.environment.stats.scope('listener_manager').counter('listener_removed').inc();
    this.retire(entry.listener, [], undefined);
    this.showCounts();
  }

  private handOff(destination: SocketAddress, from: ActiveListener): ActiveListener | undefined {
    const exact = addressText(destination);
    const wildcards = [`0.0.0.0:${destination.port}`, `[::]:${destination.port}`];
    const find = (wanted: string) => {
      for (const { listener } of this.active.values()) {
        if (listener !== from && listener.config.addresses.some((address) => addressText(address) === wanted))
          return listener;
      }
      return undefined;
    };
    return find(exact) ?? find(wildcards[0]!) ?? find(wildcards[1]!);
  }

  private showCounts(): void {
    const scope = this.environment.stats.scope('listener_manager');
    scope.gauge('total_listeners_active').set(this.active.size);
    scope.gauge('total_listeners_warming').set(this.warming.size);
    scope.gauge('total_listeners_draining').set(this.draining.size);
  }

  /** `/drain_listeners`: no new connections; those that exist drain. */
  stop(graceful: boolean, inboundOnly: boolean): void {
    if (!inboundOnly) this.stopped = true;
    const scope = this.environment.stats.scope('listener_manager');
    for (const { listener } of this.active.values()) {
      if (inboundOnly && listener.config.message.trafficDirection !== 'INBOUND') continue;
      listener.startDrain();
      const end = () => {
        for (const address of listener.config.addresses) this.closeSocket(addressText(address));
        scope.counter('listener_stopped').inc();
      };
      if (graceful) this.environment.clock.after(this.environment.drainTime, end);
      else end();
    }
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /** Closes every socket and connection now. */
  close(): void {
    for (const key of [...this.sockets.keys()]) this.closeSocket(key);
    for (const { listener } of [...this.active.values(), ...this.warming.values()]) listener.close();
    for (const listener of this.draining) listener.close();
    this.active.clear();
    this.warming.clear();
    this.draining.clear();
  }
}

/** True when nothing but filter chains differs. */
function sameShell(a: Message, b: Message): boolean {
  const shell = (message: Message) =>
    JSON.stringify({ ...message, filterChains: undefined, defaultFilterChain: undefined });
  return shell(a) === shell(b);
}

function problem(path: string, message: string): Problem {
  return { code: 'Invalid', severity: 'error', path, message };
}
