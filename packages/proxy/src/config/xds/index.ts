import type { Clock, Log } from '@lateen/kit';
import { AdsClient, adsMethods, openGrpcStream } from '@lateen/xds/ads/client';
import { typeUrls } from '@lateen/xds/type-urls';
import type { Random } from '../../http/types.ts';
import type { StatsScope } from '../../telemetry/stats.ts';
import type { Assignment } from '../endpoints.ts';
import type { Message } from '../problems.ts';
import { milliseconds } from '../values.ts';
import { applyClusters, applyListeners } from './apply.ts';
import { EndpointSubscriptions } from './endpoints.ts';
import { FileSource } from './file-source.ts';
import { RouteSubscriptions } from './routes.ts';
import type { OpenStream, ResourceSource, Subscriber } from './source.ts';
import type { DynamicTarget } from './target.ts';

export interface DynamicEnvironment {
  readonly target: DynamicTarget;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly stats: StatsScope;
  /** Opens the aggregated stream some other way than to the cluster that the bootstrap names. */
  readonly open: OpenStream | undefined;
}

const defaultFetchTimeout = '15s';

/** Configuration that an xDS server, or files, keep up to date. */
export class DynamicConfig {
  private readonly bootstrap: Message;
  private readonly environment: DynamicEnvironment;
  private client: AdsClient | undefined;
  private readonly files = new Map<string, FileSource>();
  private readonly subscribers: Subscriber[] = [];
  private readonly endpointSubscriptions = new Map<ResourceSource, EndpointSubscriptions>();
  private readonly routeSubscriptions = new Map<ResourceSource, RouteSubscriptions>();
  private connected = false;

  constructor(bootstrap: Message, environment: DynamicEnvironment) {
    this.bootstrap = bootstrap;
    this.environment = environment;
  }

  endpoints(
    service: string,
    source: Message,
    deliver: (assignment: Assignment) => void,
    giveUp: () => void,
  ): () => void {
    const resources = this.sourceOf(source);
    let subscriptions = this.endpointSubscriptions.get(resources);
    if (!subscriptions) {
      subscriptions = new EndpointSubscriptions(resources, this.environment);
      this.endpointSubscriptions.set(resources, subscriptions);
    }
    return subscriptions.add(service, deliver, giveUp, fetchTimeout(source));
  }

  routes(name: string, source: Message, giveUp: () => void): () => void {
    const resources = this.sourceOf(source);
    let subscriptions = this.routeSubscriptions.get(resources);
    if (!subscriptions) {
      subscriptions = new RouteSubscriptions(resources, this.environment);
      this.routeSubscriptions.set(resources, subscriptions);
    }
    return subscriptions.add(name, giveUp, fetchTimeout(source));
  }

  /** Connects to the server; resolves when the first clusters have come and are warm. */
  async firstClusters(): Promise<void> {
    this.connected = true;
    this.client?.start();
    const config = this.bootstrap.dynamicResources?.cdsConfig;
    if (!config) return;
    const { target, stats } = this.environment;
    await this.first(config, typeUrls.cluster, stats.scope('cluster_manager.cds'), (update) =>
      applyClusters(target, update),
    );
    await new Promise<void>((resolve) => target.clusters.whenAllWarm(resolve));
  }

  /** Resolves when the first listeners have come. */
  async firstListeners(): Promise<void> {
    const config = this.bootstrap.dynamicResources?.ldsConfig;
    if (!config) return;
    const { target, stats } = this.environment;
    await this.first(config, typeUrls.listener, stats.scope('listener_manager.lds'), (update) =>
      applyListeners(target, update),
    );
    await target.listeners.settled();
  }

  private first(
    config: Message,
    typeUrl: string,
    scope: StatsScope,
    apply: Parameters<ResourceSource['subscribe']>[1]['onUpdate'],
  ): Promise<void> {
    const counters = {
      attempt: scope.counter('update_attempt'),
      success: scope.counter('update_success'),
      rejected: scope.counter('update_rejected'),
      timeout: scope.counter('init_fetch_timeout'),
    };
    scope.counter('update_failure');
    return new Promise((resolve) => {
      counters.attempt.inc();
      this.sourceOf(config).subscribe(typeUrl, {
        initialFetchTimeout: fetchTimeout(config),
        onFetchTimeout: () => {
          counters.timeout.inc();
          resolve();
        },
        onUpdate: (update) => {
          const problem = apply(update);
          (problem === undefined ? counters.success : counters.rejected).inc();
          counters.attempt.inc();
          resolve();
          return problem;
        },
      });
    });
  }

  private sourceOf(config: Message): ResourceSource {
    const path = config.pathConfigSource?.path ?? config.path;
    if (path === undefined) return this.aggregated();
    let source = this.files.get(path);
    if (!source) {
      source = new FileSource(path, this.environment.log, (typeUrl) => this.countFailure(typeUrl));
      this.files.set(path, source);
    }
    return source;
  }

  private countFailure(typeUrl: string): void {
    const scope = failureScopes[typeUrl];
    if (scope === undefined) return;
    this.environment.stats.counter(`${scope}.update_failure`).inc();
    this.environment.stats.counter(`${scope}.update_attempt`).inc();
  }

  private aggregated(): AdsClient {
    if (!this.client) {
      this.client = this.createClient(this.bootstrap.dynamicResources?.adsConfig ?? {});
      if (this.connected) this.client.start();
    }
    return this.client;
  }

  private createClient(config: Message): AdsClient {
    const { target, clock, log, random, stats } = this.environment;
    const delta = /DELTA/.test(config.apiType ?? '');
    const state = stats.gauge('control_plane.connected_state');
    state.set(0);
    return new AdsClient({
      node: target.node,
      delta,
      clock,
      log,
      random: () => random.next(),
      onConnected: (connected) => state.set(connected ? 1 : 0),
      open: (handlers) => {
        const method = delta ? adsMethods.delta : adsMethods.sotw;
        if (this.environment.open) return this.environment.open(method, handlers);
        const address = serverAddress(config, target);
        if (address) return openGrpcStream(address, method, handlers);
        setImmediate(() => handlers.onEnd('the cluster of the xDS server has no host'));
        return { write() {}, close() {} };
      },
    });
  }

  close(): void {
    for (const subscriber of this.subscribers) subscriber.close();
    for (const subscriptions of this.endpointSubscriptions.values()) subscriptions.close();
    for (const subscriptions of this.routeSubscriptions.values()) subscriptions.close();
    for (const file of this.files.values()) file.close();
    this.client?.close();
  }
}

const failureScopes: Readonly<Record<string, string>> = {
  [typeUrls.cluster]: 'cluster_manager.cds',
  [typeUrls.listener]: 'listener_manager.lds',
};

const fetchTimeout = (source: Message) =>
  milliseconds(source.initialFetchTimeout ?? defaultFetchTimeout, 15_000);

/** Where the gRPC service of `ads_config` listens now. */
function serverAddress(
  config: Message,
  target: DynamicTarget,
): { host: string; port: number } | { path: string } | undefined {
  const service = config.grpcServices?.[0] ?? {};
  const uri = /^(?:dns:(?:\/\/\/)?|ipv4:)?(.+):(\d+)$/.exec(service.googleGrpc?.targetUri ?? '');
  if (uri) return { host: uri[1]!, port: Number(uri[2]) };
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(service.googleGrpc?.targetUri ?? '');
  if (unix) return { path: unix[1]! };
  const host = target.clusters.get(service.envoyGrpc?.clusterName ?? '')?.chooseHost({});
  if (!host) return undefined;
  return host.address.startsWith('/') ? { path: host.address } : { host: host.address, port: host.port };
}
