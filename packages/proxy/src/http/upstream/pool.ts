import type { Clock } from '@lateen/kit';
import type { Cluster, Host, ResourceManager, RoutingPriority } from '../../upstream/types.ts';
import type { NameTable } from '../codec/names.ts';
import type { Flusher } from '../codec/output.ts';
import { ClientConnection } from './client-connection.ts';
import type { ClusterHttpStats } from './cluster-stats.ts';
import type { PoolOptions } from './pool-options.ts';
import type { ResetReason } from './reset-reason.ts';

/** Who waits for a connection. Exactly one of the two is called, once, unless it cancels. */
export interface PoolWaiter {
  onPoolReady(connection: ClientConnection): void;
  onPoolFailure(reason: ResetReason, details: string): void;
}

/** Connections to one host for one routing priority. */
export class ConnectionPool {
  readonly cluster: Cluster;
  readonly host: Host;
  readonly stats: ClusterHttpStats;
  readonly options: PoolOptions;
  readonly clock: Clock;
  readonly names: NameTable;
  readonly flusher: Flusher;
  private readonly resources: ResourceManager;
  private readonly idle: ClientConnection[] = [];
  private readonly all = new Set<ClientConnection>();
  private connecting = 0;
  private pending: PoolWaiter[] = [];
  private draining = false;
  private readonly onEmpty: (pool: ConnectionPool) => void;

  constructor(
    cluster: Cluster,
    host: Host,
    priority: RoutingPriority,
    shared: {
      stats: ClusterHttpStats;
      options: PoolOptions;
      clock: Clock;
      names: NameTable;
      flusher: Flusher;
    },
    onEmpty: (pool: ConnectionPool) => void,
  ) {
    this.cluster = cluster;
    this.host = host;
    this.stats = shared.stats;
    this.options = shared.options;
    this.clock = shared.clock;
    this.names = shared.names;
    this.flusher = shared.flusher;
    this.resources = cluster.resources(priority);
    this.onEmpty = onEmpty;
  }

  /** Gives the waiter a connection: now when one is idle, later otherwise. */
  acquire(waiter: PoolWaiter): void {
    const connection = this.idle.pop();
    if (connection !== undefined) {
      connection.stopIdle();
      this.attach(waiter, connection);
      return;
    }
    if (!this.resources.tryPending()) {
      waiter.onPoolFailure('overflow', '');
      return;
    }
    this.stats.rqPendingTotal.inc();
    this.stats.rqPendingActive.inc();
    this.pending.push(waiter);
    this.connectAsNeeded();
  }

  /** Takes back a waiter that has not been served. */
  cancel(waiter: PoolWaiter): void {
    const index = this.pending.indexOf(waiter);
    if (index < 0) return;
    this.pending.splice(index, 1);
    this.leavePending();
    this.stats.rqCancelled.inc();
  }

  /** Closes idle connections; busy ones close when their answer is complete. */
  drain(): void {
    this.draining = true;
    for (const connection of [...this.idle]) connection.close();
    this.checkEmpty();
  }

  private attach(waiter: PoolWaiter, connection: ClientConnection): void {
    if (!this.resources.tryRequest()) {
      this.release(connection);
      waiter.onPoolFailure('overflow', '');
      return;
    }
    this.stats.rqTotal.value++;
    this.stats.rqActive.inc();
    this.host.activeRequests++;
    waiter.onPoolReady(connection);
  }

  private connectAsNeeded(): void {
    while (this.connecting < this.pending.length) {
      const counted = this.resources.tryConnection();
      if (!counted && this.all.size > 0) return;
      this.openConnection(counted);
    }
  }

  private openConnection(counted: boolean): void {
    this.connecting++;
    this.stats.cxTotal.inc();
    this.stats.cxHttp1Total.inc();
    this.stats.cxActive.inc();
    this.host.activeConnections++;
    const connection = new ClientConnection(this);
    connection.counted = counted;
    this.all.add(connection);
  }

  onConnected(connection: ClientConnection): void {
    this.connecting--;
    this.release(connection);
  }

  onConnectFailed(connection: ClientConnection, reason: ResetReason, details: string): void {
    this.connecting--;
    this.forget(connection);
    this.stats.cxConnectFail.inc();
    this.stats.cxDestroy.inc();
    if (reason === 'connection timeout') this.stats.cxDestroyLocal.inc();
    else this.stats.cxDestroyRemote.inc();
    const waiting = this.pending;
    this.pending = [];
    for (const waiter of waiting) {
      this.leavePending();
      this.stats.rqPendingFailureEject.inc();
      waiter.onPoolFailure(reason, details);
    }
    this.checkEmpty();
  }

  /** An answer is complete, or was given up. */
  onStreamEnd(connection: ClientConnection, reusable: boolean): void {
    this.stats.rqActive.dec();
    this.resources.releaseRequest();
    this.host.activeRequests--;
    if (connection.state === 'closed') return;
    if (reusable && connection.requestsLeft > 0) {
      this.release(connection);
      return;
    }
    if (reusable) this.stats.cxMaxRequests.inc();
    connection.close();
  }

  onConnectionClosed(connection: ClientConnection, local: boolean, withRequest: boolean): void {
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    this.forget(connection);
    const stats = this.stats;
    stats.cxDestroy.inc();
    (local ? stats.cxDestroyLocal : stats.cxDestroyRemote).inc();
    if (withRequest) {
      stats.cxDestroyWithActiveRq.inc();
      (local ? stats.cxDestroyLocalWithActiveRq : stats.cxDestroyRemoteWithActiveRq).inc();
    }
    if (!this.draining) this.connectAsNeeded();
    this.checkEmpty();
  }

  private release(connection: ClientConnection): void {
    const waiter = this.pending.shift();
    if (waiter !== undefined) {
      this.leavePending();
      this.attach(waiter, connection);
      if (this.pending.length > 0) this.connectAsNeeded();
      return;
    }
    if (this.draining) {
      connection.close();
      return;
    }
    this.idle.push(connection);
    connection.startIdle(this.clock.monotonic());
  }

  private leavePending(): void {
    this.stats.rqPendingActive.dec();
    this.resources.releasePending();
  }

  private forget(connection: ClientConnection): void {
    if (!this.all.delete(connection)) return;
    this.stats.cxActive.dec();
    this.host.activeConnections--;
    if (connection.counted) this.resources.releaseConnection();
  }

  private checkEmpty(): void {
    if (this.draining && this.all.size === 0 && this.pending.length === 0) this.onEmpty(this);
  }
}
