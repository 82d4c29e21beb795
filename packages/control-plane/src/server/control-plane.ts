import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import type { Clock, Log, Problem } from '@lateen/kit';
import type { KubeClient, KubeObject } from '@lateen/kube/types';
import { parseYamlDocuments } from '@lateen/kube/yaml';
import { type AdsConnection, AdsServer } from '@lateen/xds/ads/server';
import { Ingest } from '../ingest/index.ts';
import { Distributor } from '../push/distributor.ts';
import { Scheduler } from '../push/scheduler.ts';
import { StatusWriter } from '../status/index.ts';
import { createTranslator } from '../translate.ts';
import { CaBundleKeeper } from './ca-bundle.ts';
import { type DebugSources, handleDebug, proxyName } from './debug.ts';
import { Metrics } from './metrics.ts';
import type { ControlPlaneConfig } from './options.ts';
import { createValidator } from './validate.ts';
import { createWebhookServer, type WebhookHandlers } from './webhooks.ts';

/** Parts that belong to other packages. */
export type ControlPlaneHooks = Omit<WebhookHandlers, 'mesh'>;

/** A control plane that runs. Ports are those really bound. */
export interface ControlPlane {
  readonly ports: {
    readonly grpc: number;
    readonly http: number;
    readonly monitoring: number;
    readonly webhook: number | undefined;
  };
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly client: KubeClient;
  readonly config: ControlPlaneConfig;
  readonly hooks: ControlPlaneHooks;
  readonly log: Log;
  readonly clock: Clock;
}

const pushInterval = 10;

function meshConfigOf(configMap: KubeObject | undefined): Readonly<Record<string, any>> {
  const { value, problems } = parseYamlDocuments(configMap?.data?.mesh ?? '{}');
  return problems.length > 0 ? {} : ((value[0] ?? {}) as Record<string, any>);
}

/** Everything that has a life in a control plane, joined: ingest, translation, distribution, status and the servers. */
export class ControlPlaneServer implements ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #metrics = new Metrics();
  readonly #validate: (object: KubeObject) => readonly Problem[];
  readonly #ingest: Ingest;
  readonly #distributor: Distributor;
  readonly #scheduler: Scheduler;
  readonly #status: StatusWriter;
  readonly #ads: AdsServer;
  readonly #grpc = new GrpcServer({
    'grpc.keepalive_time_ms': 30_000,
    'grpc.max_receive_message_length': 16 << 20,
  });
  readonly #servers: (HttpServer | NetServer)[] = [];
  #bundles: CaBundleKeeper | undefined;
  #ready = false;
  #ended!: () => void;
  readonly stopped = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });
  ports: { grpc: number; http: number; monitoring: number; webhook: number | undefined } = {
    grpc: 0,
    http: 0,
    monitoring: 0,
    webhook: undefined,
  };

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#validate = createValidator(options.config.domainSuffix, options.config.rootNamespace);
    const { client, config, log, clock } = options;
    const { domainSuffix, rootNamespace, useRemoteAddress, internalCidrs } = config;
    const translator = createTranslator({ domainSuffix, rootNamespace, useRemoteAddress, internalCidrs });
    this.#distributor = new Distributor({ translator, clock, log: log.child('push') });
    this.#scheduler = new Scheduler({ clock, interval: pushInterval, run: () => this.#push() });
    this.#ingest = new Ingest({
      client,
      rootNamespace,
      log: log.child('ingest'),
      onChange: () => this.#scheduler.request(),
    });
    this.#status = new StatusWriter({
      client,
      ingest: this.#ingest,
      distributor: this.#distributor,
      validate: this.#validate,
      clock,
      log: log.child('status'),
    });
    this.#ads = this.#createAds();
  }

  async start(): Promise<void> {
    const { config, log } = this.#options;
    const http = (port: number) =>
      this.#listen(
        createServer((request, response) => this.#debug(request, response)),
        port,
      );
    this.ports.http = await http(config.httpPort);
    this.ports.monitoring = await http(config.monitoringPort);
    if (config.webhooks) await this.#startWebhooks();
    await this.#ingest.synced();
    this.#push();
    this.#ads.addTo(this.#grpc);
    this.ports.grpc = await this.#bindGrpc(config.grpcPort);
    this.#ready = true;
    log.info('ready', { ...this.ports });
  }

  async stop(): Promise<void> {
    this.#ready = false;
    this.#scheduler.stop();
    this.#status.stop();
    this.#grpc.forceShutdown();
    for (const server of this.#servers) {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    }
    await Promise.all([this.#ingest.stop(), this.#bundles?.stop()]);
    this.#ended();
  }

  #createAds(): AdsServer {
    const { log, clock } = this.#options;
    const connected = () => this.#metrics.set('pilot_xds', this.#ads.connections().length);
    return new AdsServer({
      log: log.child('ads'),
      clock,
      onConnect: (connection) => {
        log.info('proxy connected', { proxy: proxyName(connection), peer: connection.peer });
        this.#distributor.add(connection);
        connected();
      },
      onDisconnect: (connection) => {
        log.info('proxy disconnected', { proxy: proxyName(connection) });
        this.#distributor.remove(connection);
        this.#status.settled();
        connected();
      },
      onSettled: (connection, typeUrl) => this.#settled(connection, typeUrl),
    });
  }

  #settled(connection: AdsConnection, typeUrl: string): void {
    const nack = connection.session.status().find((type) => type.typeUrl === typeUrl)?.nack;
    if (nack) {
      this.#metrics.count('pilot_total_xds_rejects', { type: typeUrl });
      this.#options.log.warn('a proxy refused its configuration', {
        proxy: proxyName(connection),
        resources: nack.resources.slice(0, 5),
        reason: nack.message,
      });
    }
    this.#status.settled();
  }

  #push(): void {
    const started = this.#options.clock.monotonic();
    const changed = this.#distributor.push(this.#ingest.snapshot());
    this.#status.pushed();
    for (const kind of changed) this.#metrics.count('pilot_xds_pushes', { type: kind });
    const milliseconds = Math.round((this.#options.clock.monotonic() - started) * 10) / 10;
    if (changed.size > 0) this.#options.log.debug('pushed', { kinds: [...changed], milliseconds });
  }

  #debug(request: Parameters<typeof handleDebug>[1], response: Parameters<typeof handleDebug>[2]): void {
    const sources: DebugSources = {
      ready: () => this.#ready,
      clusterId: this.#options.config.clusterId,
      distributor: this.#distributor,
      metrics: this.#metrics,
      snapshot: () => this.#ingest.snapshot(),
    };
    handleDebug(sources, request, response);
  }

  async #startWebhooks(): Promise<void> {
    const { client, config, hooks, log, clock } = this.#options;
    const { server, caBundle } = createWebhookServer(
      {
        validate: this.#validate,
        ...hooks,
        mesh: () => meshConfigOf(this.#ingest.snapshot().meshConfig),
      },
      config.webhookService,
      clock.now(),
      log.child('webhook'),
    );
    this.ports.webhook = await this.#listen(server, config.webhookPort);
    this.#bundles = new CaBundleKeeper({
      client,
      service: config.webhookService,
      caBundle,
      log: log.child('webhook'),
    });
  }

  #listen(server: HttpServer | NetServer, port: number): Promise<number> {
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', (error: Error) =>
        reject(new Error(`cannot listen on port ${port}: ${error.message}`)),
      );
      server.listen(port, this.#options.config.address, () =>
        resolve((server.address() as AddressInfo).port),
      );
    });
  }

  #bindGrpc(port: number): Promise<number> {
    const { address } = this.#options.config;
    return new Promise((resolve, reject) => {
      this.#grpc.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(new Error(`cannot listen on port ${port}: ${error.message}`)) : resolve(bound),
      );
    });
  }
}
