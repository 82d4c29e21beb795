import type { Problem, Result } from '@lateen/kit';
import type { RouteTableHandle, RouteTableValue } from '../http/types.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import type { Message } from './problems.ts';

export interface RouteEnvironment {
  readonly now: () => number;
  readonly compile: (message: Message, path: string) => Result<RouteTableValue | undefined>;
  /** Asks the source for a route configuration; `giveUp` when none came in time. */
  readonly subscribe: (name: string, source: Message, giveUp: () => void) => () => void;
}

interface RouteEntry {
  readonly name: string;
  handles: number;
  current: RouteTableValue | undefined;
  message: Message | undefined;
  version: string;
  updatedAt: number;
  /** A first answer came, or the wait for it is over. */
  known: boolean;
  readonly waiting: Set<() => void>;
  readonly stats: Set<StatsScope>;
  unsubscribe: () => void;
}

const counters = [
  'config_reload',
  'init_fetch_timeout',
  'update_attempt',
  'update_empty',
  'update_failure',
  'update_rejected',
  'update_success',
];

/** Route configurations that listeners have asked for by name. */
export class RouteConfigs {
  private readonly entries = new Map<string, RouteEntry>();
  private readonly environment: RouteEnvironment;

  constructor(environment: RouteEnvironment) {
    this.environment = environment;
  }

  /** `stats` is the scope `http.PREFIX.rds.NAME` of the connection manager that asks. */
  handle(name: string, source: Message, stats?: StatsScope): RouteTableHandle {
    const entry = this.entries.get(name) ?? this.create(name, source);
    if (stats) entry.stats.add(stats);
    if (stats) for (const counter of counters) stats.counter(counter);
    entry.handles++;
    let released = false;
    return {
      get current() {
        return entry.current;
      },
      release: () => {
        if (released) return;
        released = true;
        entry.handles--;
        if (stats) entry.stats.delete(stats);
        if (entry.handles === 0) this.drop(entry);
      },
    };
  }

  private create(name: string, source: Message): RouteEntry {
    const entry: RouteEntry = {
      name,
      handles: 0,
      current: undefined,
      message: undefined,
      version: '',
      updatedAt: 0,
      known: false,
      waiting: new Set(),
      stats: new Set(),
      unsubscribe: () => {},
    };
    this.entries.set(name, entry);
    entry.unsubscribe = this.environment.subscribe(name, source, () => this.settle(entry));
    return entry;
  }

  private drop(entry: RouteEntry): void {
    if (this.entries.get(entry.name) === entry) this.entries.delete(entry.name);
    entry.unsubscribe();
    this.settle(entry);
  }

  /** Names that listeners want now. */
  names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** A newer version; when it cannot be compiled the last good one stays and the problems come back. */
  update(message: Message, version: string): readonly Problem[] {
    const entry = this.entries.get(message.name);
    if (!entry) return [];
    const compiled = this.environment.compile(message, '');
    this.count(
      entry,
      compiled.value
        ? ['update_attempt', 'update_success', 'config_reload']
        : ['update_attempt', 'update_rejected'],
    );
    if (!compiled.value) return compiled.problems;
    entry.current = compiled.value;
    entry.message = message;
    entry.version = version;
    entry.updatedAt = this.environment.now();
    this.settle(entry);
    return [];
  }

  private count(entry: RouteEntry, names: readonly string[]): void {
    for (const scope of entry.stats) for (const name of names) scope.counter(name).inc();
  }

  private settle(entry: RouteEntry): void {
    entry.known = true;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const callback of waiting) callback();
  }

  isKnown(name: string): boolean {
    return this.entries.get(name)?.known ?? true;
  }

  whenKnown(name: string, callback: () => void): () => void {
    const entry = this.entries.get(name);
    if (!entry || entry.known) {
      callback();
      return () => {};
    }
    entry.waiting.add(callback);
    return () => entry.waiting.delete(callback);
  }

  /** For dumps: what is in use, by name. */
  dump(): readonly { readonly message: Message; readonly version: string; readonly updatedAt: number }[] {
    return [...this.entries.values()].flatMap(({ message, version, updatedAt }) =>
      message ? [{ message, version, updatedAt }] : [],
    );
  }
}
