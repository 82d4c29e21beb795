import type { Socket } from 'node:net';
import type { Clock } from '@lateen/kit';
import { milliseconds } from '../config/values.ts';
import type { Random } from '../http/types.ts';
import type { StatsScope } from '../telemetry/stats.ts';
import { openSocket, type SocketOptions } from './connect.ts';
import { httpProbe } from './health-http.ts';
import type { UpstreamHost } from './host.ts';

type Message = Readonly<Record<string, any>>;
export type ProbeResult = 'success' | 'failure' | 'degraded' | 'network-failure' | 'timeout';

/** Talks over a connected socket and says how it went; the returned function gives up. */
export type Probe = (socket: Socket, host: UpstreamHost, done: (result: ProbeResult) => void) => () => void;

export interface HealthCheckEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly socket: SocketOptions;
  /** True while the cluster gets traffic, which shortens the interval. */
  readonly hasTraffic: () => boolean;
  readonly clusterName: string;
  /** The host's health, or its being pending, changed. */
  readonly changed: (host: UpstreamHost) => void;
}

interface Session {
  readonly host: UpstreamHost;
  successes: number;
  failures: number;
  first: boolean;
  stop: () => void;
}

/** Probes each host of a cluster at an interval; new hosts count as unhealthy until their first success. */
export class HealthChecker {
  private readonly message: Message;
  private readonly environment: HealthCheckEnvironment;
  private readonly sessions = new Map<UpstreamHost, Session>();
  private readonly probe: Probe;
  private readonly stats: Record<
    'attempt' | 'success' | 'failure' | 'networkFailure',
    ReturnType<StatsScope['counter']>
  >;
  private readonly healthy: ReturnType<StatsScope['gauge']>;
  private readonly degraded: ReturnType<StatsScope['gauge']>;
  private readonly timeout: number;
  private readonly healthyThreshold: number;
  private readonly unhealthyThreshold: number;

  constructor(message: Message, scope: StatsScope, environment: HealthCheckEnvironment) {
    this.message = message;
    this.environment = environment;
    this.timeout = milliseconds(message.timeout, 1000);
    this.healthyThreshold = message.healthyThreshold ?? 1;
    this.unhealthyThreshold = message.unhealthyThreshold ?? 1;
    this.probe = message.httpHealthCheck
      ? httpProbe(message.httpHealthCheck, environment.clusterName)
      : tcpProbe(message.tcpHealthCheck ?? {});
    const stats = scope.scope('health_check');
    this.stats = {
      attempt: stats.counter('attempt'),
      success: stats.counter('success'),
      failure: stats.counter('failure'),
      networkFailure: stats.counter('network_failure'),
    };
    for (const name of ['passive_failure', 'verify_cluster']) stats.counter(name);
    this.healthy = stats.gauge('healthy');
    this.degraded = stats.gauge('degraded');
    this.degraded.set(0);
    this.healthy.set(0);
  }

  /** Hosts that are new get a first check at once; those that left are forgotten. */
  update(hosts: readonly UpstreamHost[]): void {
    const present = new Set(hosts);
    for (const [host, session] of this.sessions) {
      if (present.has(host)) continue;
      session.stop();
      this.sessions.delete(host);
    }
    for (const host of hosts) if (!this.sessions.has(host)) this.begin(host);
    this.count();
  }

  private begin(host: UpstreamHost): void {
    host.failedActiveHealthCheck = true;
    host.pendingHealthCheck = true;
    const session: Session = { host, successes: 0, failures: 0, first: true, stop: () => {} };
    this.sessions.set(host, session);
    const jitter = milliseconds(this.message.initialJitter, 0) * this.environment.random.next();
    session.stop = this.environment.clock.after(jitter, () => this.check(session));
  }

  close(): void {
    for (const session of this.sessions.values()) session.stop();
    this.sessions.clear();
  }

  private check(session: Session): void {
    const { host } = session;
    this.stats.attempt.inc();
    const socket = openSocket({ address: host.address, port: host.healthCheckPort }, this.environment.socket);
    let giveUp = () => {};
    const finish = (result: ProbeResult) => {
      session.stop();
      giveUp();
      socket.destroy();
      this.onResult(session, result);
    };
    const once = onceOnly(finish);
    const cancel = this.environment.clock.after(this.timeout, () => once('timeout'));
    session.stop = () => {
      cancel();
      socket.destroy();
    };
    socket.on('error', () => once('network-failure'));
    socket.once('connect', () => {
      giveUp = this.probe(socket, host, once);
    });
  }

  private onResult(session: Session, result: ProbeResult): void {
    if (this.sessions.get(session.host) !== session) return;
    if (result === 'success' || result === 'degraded') this.onSuccess(session, result === 'degraded');
    else this.onFailure(session, result);
    session.stop = this.environment.clock.after(this.pause(session), () => this.check(session));
  }

  private onSuccess(session: Session, degraded: boolean): void {
    const { host } = session;
    this.stats.success.inc();
    session.failures = 0;
    session.successes++;
    const pending = host.pendingHealthCheck;
    host.pendingHealthCheck = false;
    let changed = pending || host.degradedActiveHealthCheck !== degraded;
    host.degradedActiveHealthCheck = degraded;
    if (host.failedActiveHealthCheck && (session.first || session.successes >= this.healthyThreshold)) {
      host.failedActiveHealthCheck = false;
      host.since = this.environment.clock.monotonic();
      changed = true;
    }
    session.first = false;
    this.report(host, changed);
  }

  private onFailure(session: Session, result: ProbeResult): void {
    const { host } = session;
    this.stats.failure.inc();
    if (result !== 'failure') this.stats.networkFailure.inc();
    host.timedOutHealthCheck = result === 'timeout';
    session.first = false;
    session.successes = 0;
    session.failures++;
    const pending = host.pendingHealthCheck;
    host.pendingHealthCheck = false;
    let changed = pending;
    // An HTTP answer that says "no" takes the host out at once; silence has to repeat itself.
    const certain = result === 'failure' && this.message.httpHealthCheck !== undefined;
    if (!host.failedActiveHealthCheck && (certain || session.failures >= this.unhealthyThreshold)) {
      host.failedActiveHealthCheck = true;
      changed = true;
    }
    this.report(host, changed);
  }

  private report(host: UpstreamHost, changed: boolean): void {
    this.count();
    if (changed) this.environment.changed(host);
  }

  private count(): void {
    let healthy = 0;
    for (const host of this.sessions.keys()) if (!host.failedActiveHealthCheck) healthy++;
    this.healthy.set(healthy);
    this.degraded.set([...this.sessions.keys()].filter((host) => host.degradedActiveHealthCheck).length);
  }

  private pause(session: Session): number {
    const { message } = this;
    const { host } = session;
    const interval = milliseconds(message.interval, 1000);
    let base: number;
    if (!this.environment.hasTraffic()) {
      const idle = milliseconds(message.noTrafficInterval, 60_000);
      base = host.failedActiveHealthCheck ? idle : milliseconds(message.noTrafficHealthyInterval, idle);
    } else if (host.failedActiveHealthCheck) {
      const unhealthy = milliseconds(message.unhealthyInterval, interval);
      base =
        session.failures === this.unhealthyThreshold
          ? milliseconds(message.unhealthyEdgeInterval, unhealthy)
          : unhealthy;
    } else
      base =
        session.successes === this.healthyThreshold
          ? milliseconds(message.healthyEdgeInterval, interval)
          : interval;
    const jitter =
      milliseconds(message.intervalJitter, 0) + (base * (message.intervalJitterPercent ?? 0)) / 100;
    return Math.max(1, base + jitter * this.environment.random.next());
  }
}

function onceOnly<T>(callback: (value: T) => void): (value: T) => void {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    callback(value);
  };
}

const bytesOf = (payload: Message) =>
  Buffer.from(payload.text ?? Buffer.from(payload.binary ?? '', 'base64').toString('hex'), 'hex');

/** Succeeds with the connection, or, when the check says so, once the expected bytes have come. */
function tcpProbe(check: Message): Probe {
  const send = check.send && bytesOf(check.send);
  const expected = (check.receive ?? []).map(bytesOf) as Buffer[];
  return (socket, _host, done) => {
    if (send) socket.write(send);
    if (expected.length === 0) {
      done('success');
      return () => {};
    }
    let seen = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      if (containsInOrder(seen, expected)) done('success');
      else if (seen.length > 65_536) done('failure');
    });
    socket.on('end', () => done('network-failure'));
    return () => socket.removeAllListeners('data');
  };
}

function containsInOrder(bytes: Buffer, parts: readonly Buffer[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = bytes.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
