import type { Problem, Result } from '@lateen/kit';
import type { Message } from '../config/problems.ts';
import type { AccessLogWriter, NetworkFilter } from '../http/types.ts';
import type { DownstreamConnection } from '../stream-info.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import { readTcpProxy, type TcpProxyConfig, type WeightedCluster } from './config.ts';
import type { TcpEnvironment } from './environment.ts';
import { TcpSession } from './session.ts';
import { createTcpStats, type TcpStats } from './stats.ts';

export interface TcpProxyDependencies extends TcpEnvironment {
  readonly stats: StatsScope;
  readonly createAccessLogger: (config: Message, path: string) => Result<AccessLogWriter | undefined>;
}

/** Builds the network filter of one TcpProxy message. */
export function createTcpProxy(
  message: Message,
  deps: TcpProxyDependencies,
  path: string,
): Result<NetworkFilter | undefined> {
  const { value: config, problems } = readTcpProxy(message, path);
  const list: Problem[] = [...problems.list];
  const log: AccessLogWriter[] = [];
  for (const [index, entry] of config.accessLog.entries()) {
    const logger = deps.createAccessLogger(entry, `${path}.access_log[${index}]`);
    list.push(...logger.problems);
    if (logger.value) log.push(logger.value);
  }
  if (list.length > 0) return { value: undefined, problems: list };
  return {
    value: new TcpProxy(config, createTcpStats(deps.stats, config.statPrefix), log, deps),
    problems: [],
  };
}

class TcpProxy implements NetworkFilter {
  private readonly sessions = new Set<TcpSession>();
  private readonly config: TcpProxyConfig;
  private readonly stats: TcpStats;
  private readonly log: readonly AccessLogWriter[];
  private readonly environment: TcpEnvironment;

  constructor(
    config: TcpProxyConfig,
    stats: TcpStats,
    log: readonly AccessLogWriter[],
    environment: TcpEnvironment,
  ) {
    this.config = config;
    this.stats = stats;
    this.log = log;
    this.environment = environment;
  }

  get activeConnections(): number {
    return this.sessions.size;
  }

  onConnection(connection: DownstreamConnection): void {
    this.stats.total.inc();
    const route = this.chooseRoute();
    const session: TcpSession = new TcpSession(
      connection,
      route,
      this.config,
      this.stats,
      this.log,
      this.environment,
      () => {
        this.sessions.delete(session);
      },
    );
    this.sessions.add(session);
    session.start();
  }

  private chooseRoute(): WeightedCluster {
    const { clusters, totalWeight } = this.config;
    if (clusters.length === 1) return clusters[0]!;
    let draw = Math.floor(this.environment.random.next() * totalWeight);
    for (const cluster of clusters) {
      if (draw < cluster.weight) return cluster;
      draw -= cluster.weight;
    }
    return clusters.at(-1)!;
  }

  /** TCP has no way to ask a client to come again; connections last until the listener's drain time is over. */
  drain(): void {}

  close(): void {
    for (const session of [...this.sessions]) session.close();
  }
}
