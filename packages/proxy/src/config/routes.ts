import type { Problem, Result } from '@lateen/kit';
import type { RouteTableHandle, RouteTableValue } from '../http/types.ts';
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
  unsubscribe: () => void;
}

/** Route configurations that listeners have asked for by name. */
export class RouteConfigs {
  private readonly entries = new Map<string, RouteEntry>();
  private readonly environment: RouteEnvironment;

  constructor(environment: RouteEnvironment) {
    this.environment = environment;
  }

  handle(name: string, source: Message): RouteTableHandle {
    const entry = this.entries.get(name) ?? this.create(name, source);
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
    if (!compiled.value) return compiled.problems;
    entry.current = compiled.value;
    entry.message = message;
    entry.version = version;
    entry.updatedAt = this.environment.now();
    this.settle(entry);
    return [];
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
