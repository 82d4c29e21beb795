import type { ClusterConfig } from '../config/cluster.ts';
import type { Assignment } from '../config/endpoints.ts';
import type { StatsStore } from '../telemetry/store.ts';
import { type ClusterEnvironment, RuntimeCluster } from './cluster.ts';
import type { ClusterManager } from './types.ts';

export interface ManagerEnvironment extends ClusterEnvironment {
  readonly store: StatsStore;
  /** EDS: asks for the assignment of a service until the returned function is called. */
  readonly subscribe: (
    service: string,
    source: Readonly<Record<string, any>>,
    deliver: (assignment: Assignment) => void,
    giveUp: () => void,
  ) => () => void;
}

interface Entry {
  readonly cluster: RuntimeCluster;
  readonly unsubscribe: () => void;
  readonly version: string;
  readonly updatedAt: number;
}

/** All clusters by name. A new version of a cluster takes over only once it is warm. */
export class Clusters implements ClusterManager {
  private readonly active = new Map<string, Entry>();
  private readonly pending = new Map<string, Entry>();
  private readonly environment: ManagerEnvironment;
  private readonly counters: Readonly<Record<'added' | 'modified' | 'removed', () => void>>;
  private readonly changeListeners = new Set<(name: string) => void>();

  constructor(environment: ManagerEnvironment) {
    this.environment = environment;
    const scope = environment.stats.scope('cluster_manager');
    const added = scope.counter('cluster_added');
    const modified = scope.counter('cluster_modified');
    const removed = scope.counter('cluster_removed');
    for (const name of [
      'cluster_updated',
      'cluster_updated_via_merge',
      'update_merge_cancelled',
      'update_out_of_merge_window',
    ])
      scope.counter(name);
    this.counters = {
      added: () => added.inc(),
      modified: () => modified.inc(),
      removed: () => removed.inc(),
    };
    this.showCounts();
  }

  get(name: string): RuntimeCluster | undefined {
    return this.active.get(name)?.cluster;
  }

  /** True for warming clusters too. */
  knows(name: string): boolean {
    return this.active.has(name) || this.pending.has(name);
  }

  /** True for clusters that the bootstrap defines. */
  isStatic(name: string): boolean {
    const entry = this.active.get(name) ?? this.pending.get(name);
    return entry !== undefined && !entry.cluster.addedViaApi;
  }

  names(): readonly string[] {
    return [...this.active.keys()];
  }

  entries(): readonly Entry[] {
    return [...this.active.values()];
  }

  warmingEntries(): readonly Entry[] {
    return [...this.pending.values()];
  }

  /** Adds a cluster or replaces one of the same name; a message that says the same as before changes nothing. */
  set(config: ClusterConfig, version = '', addedViaApi = false): RuntimeCluster {
    const known = this.pending.get(config.name) ?? this.active.get(config.name);
    if (known && sameMessage(known.cluster.message, config.message)) return known.cluster;
    if (known) this.counters.modified();
    else this.counters.added();
    this.drop(this.pending, config.name);
    const cluster = new RuntimeCluster(config, this.environment, addedViaApi);
    const entry: Entry = {
      cluster,
      unsubscribe: this.follow(cluster),
      version,
      updatedAt: this.environment.clock.now(),
    };
    this.pending.set(config.name, entry);
    cluster.whenWarm(() => this.activate(entry));
    this.showCounts();
    return cluster;
  }

  private follow(cluster: RuntimeCluster): () => void {
    if (cluster.config.discovery !== 'EDS') return () => {};
    const source = cluster.message.edsClusterConfig?.edsConfig ?? {};
    return this.environment.subscribe(
      cluster.config.edsServiceName,
      source,
      (assignment) => cluster.assign(assignment),
      () => cluster.giveUpWaiting(),
    );
  }

  private activate(entry: Entry): void {
    const { name } = entry.cluster;
    if (this.pending.get(name) !== entry) return;
    this.pending.delete(name);
    const old = this.active.get(name);
    this.active.set(name, entry);
    if (old) this.end(old);
    this.showCounts();
    for (const listener of this.changeListeners) listener(name);
  }

  remove(name: string): void {
    const pending = this.drop(this.pending, name);
    const active = this.drop(this.active, name);
    if (!pending && !active) return;
    this.counters.removed();
    if (active)
      this.environment.store.forget(`cluster.${active.cluster.config.statName.replaceAll(':', '_')}.`);
    this.showCounts();
    for (const listener of this.changeListeners) listener(name);
  }

  private drop(from: Map<string, Entry>, name: string): Entry | undefined {
    const entry = from.get(name);
    if (entry) {
      from.delete(name);
      this.end(entry);
    }
    return entry;
  }

  private end(entry: Entry): void {
    entry.unsubscribe();
    entry.cluster.close();
  }

  /** Calls back once every cluster that is warming now has become active. */
  whenAllWarm(callback: () => void): void {
    this.whenWarm([...this.pending.values()], callback);
  }

  /** The same without clusters that wait for an xDS server. */
  whenPrimaryWarm(callback: () => void): void {
    const primary = [...this.pending.values()].filter(({ cluster }) => cluster.config.discovery !== 'EDS');
    this.whenWarm(primary, callback);
  }

  private whenWarm(waiting: readonly Entry[], callback: () => void): void {
    let left = waiting.length + 1;
    const one = () => {
      left--;
      if (left === 0) callback();
    };
    for (const { cluster } of waiting) cluster.whenWarm(one);
    one();
  }

  onChange(listener: (name: string) => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  private showCounts(): void {
    const scope = this.environment.stats.scope('cluster_manager');
    scope.gauge('active_clusters').set(this.active.size);
    scope.gauge('warming_clusters').set(this.pending.size);
  }

  close(): void {
    for (const name of [...this.pending.keys()]) this.drop(this.pending, name);
    for (const name of [...this.active.keys()]) this.drop(this.active, name);
  }
}

const sameMessage = (a: object, b: object) => a === b || JSON.stringify(a) === JSON.stringify(b);
