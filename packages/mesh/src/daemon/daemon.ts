import type { ChildProcess } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { ClusterStatus, Component } from '@lateen/cli/cluster/daemon-client';
import type { ClusterConfig, ClusterFiles } from '@lateen/cli/cluster/files';
import type { NodePorts } from '@lateen/cluster/network/node-ports';
import type { Log } from '@lateen/kit';
import { createKubeClient, type KubeClient, loadKubeconfig, resources } from '@lateen/kube';
import { Child } from './child.ts';
import { type ContainerProcess, podComponents } from './components.ts';
import { startControlServer } from './control-server.ts';
import { childOf, hostPids } from './host-pids.ts';
import { installMesh } from './install.ts';

export interface DaemonInput {
  readonly files: ClusterFiles;
  readonly config: ClusterConfig;
  readonly projectRoot: string;
  readonly log: Log;
}

/** Namespace of the mesh's own pods; the cluster is ready once they are. */
const meshNamespace = 'istio-system';

/** Supervises one cluster: starts its processes in order, restarts what ends, answers status, and ends everything. */
export class Daemon {
  readonly #input: DaemonInput;
  readonly #apiServer: Child;
  #node: Child | undefined;
  #client: KubeClient | undefined;
  #nodePorts: NodePorts | undefined;
  #control: http.Server | undefined;
  #stage = 'starting the API server';
  #failed: string | undefined;
  #installed = false;
  #stopping = false;

  constructor(input: DaemonInput) {
    this.#input = input;
    this.#apiServer = this.#createChild(
      'api-server',
      process.execPath,
      [process.argv[1]!, 'api-server'],
      (_, message) => void this.#apiServerReady(Number(message.port)),
    );
  }

  async start(): Promise<void> {
    const { files } = this.#input;
    this.#control = await startControlServer(files.daemonSocket, {
      status: () => this.status(),
      stop: () => void this.stop(),
    });
    writeFileSync(files.daemonPid, String(process.pid));
    process.on('SIGTERM', () => void this.stop());
    process.on('SIGINT', () => void this.stop());
    this.#apiServer.start();
  }

  #createChild(
    name: string,
    command: string,
    args: readonly string[],
    onReady: (child: ChildProcess, message: Record<string, unknown>) => void,
  ): Child {
    const { files, log } = this.#input;
    return new Child({
      name,
      command,
      args: [...args, '--name', files.name],
      env: process.env,
      logFile: path.join(files.logs, `${name}.log`),
      log,
      onReady,
      onFailed: (reason) => {
        this.#failed ??= reason;
      },
    });
  }

  async #apiServerReady(port: number): Promise<void> {
    const { files, config, log } = this.#input;
    writeFileSync(files.config, `${JSON.stringify({ ...config, apiPort: port }, null, 2)}\n`);
    if (this.#client) return;
    const kubeconfig = loadKubeconfig(files.kubeconfig);
    this.#client = createKubeClient({ ...kubeconfig, socketPath: files.apiSocket });
    if (config.profile === 'api') return;
    try {
      await this.#startNode();
      if (config.profile === 'demo') await this.#install();
    } catch (error) {
      log.error('the cluster cannot be set up', { error });
      this.#failed ??= (error as Error).message;
    }
  }

  async #startNode(): Promise<void> {
    const { config, log } = this.#input;
    this.#stage = 'starting the node';
    const [{ nodeLaunch }, { startNodePorts }] = await Promise.all([
      import('./node-launch.ts'),
      import('@lateen/cluster/network/node-ports'),
    ]);
    const launch = nodeLaunch(process.execPath, process.argv[1]!);
    this.#node = this.#createChild('node', launch.command, launch.args, (child) =>
      this.#nodePorts?.attach(child),
    );
    this.#node.start();
    this.#nodePorts = startNodePorts({
      client: this.#client!,
      address: config.address,
      log: log.child('node-ports'),
    });
  }

  async #install(): Promise<void> {
    this.#stage = 'installing the mesh';
    await installMesh(this.#client!, this.#input.projectRoot);
    this.#installed = true;
    this.#stage = 'waiting for the control plane and the ingress gateway';
  }

  async status(): Promise<ClusterStatus> {
    const { config, files } = this.#input;
    const components = [...this.#ownComponents(), ...(await this.#podComponents())];
    const wanted = components.filter(
      (component) => !component.namespace || component.namespace === meshNamespace,
    );
    const installed =
      config.profile !== 'demo' || (this.#installed && wanted.some((c) => c.kind === 'control-plane'));
    return {
      name: files.name,
      ready: !this.#stopping && installed && wanted.every((component) => component.ready),
      stage: this.#stage,
      ...(this.#failed ? { failed: this.#failed } : {}),
      profile: config.profile,
      dataPlane: config.dataPlane,
      components,
      ...this.#warnings(),
    };
  }

  #warnings(): { warnings?: readonly string[] } {
    const ports = this.#nodePorts?.taken() ?? [];
    const { address } = this.#input.config;
    if (ports.length === 0) return {};
    return {
      warnings: ports.map(
        (port) =>
          `${address}:${port} is in use by another process, so this node port does not lead into the cluster; ` +
          'stop that process, or use another --address',
      ),
    };
  }

  #ownComponents(): Component[] {
    const api = this.#apiServer;
    const own = (name: string, kind: Component['kind'], child: Child, pid: number): Component => ({
      name,
      kind,
      pid,
      ready: child.ready,
      ...(kind === 'api-server' ? { address: this.#address() } : {}),
      ...(child.ready ? {} : { message: child.lastMessage }),
    });
    const components = [
      own('api-server', 'api-server', api, api.pid),
      own('controllers', 'controllers', api, api.pid),
    ];
    const { config } = this.#input;
    if (config.profile !== 'api') {
      const node = this.#node;
      if (node) components.push(own('lateen-node', 'kubelet', node, childOf(node.pid) ?? node.pid));
      else
        components.push({
          name: 'lateen-node',
          kind: 'kubelet',
          pid: 0,
          ready: false,
          message: 'not started yet',
        });
    }
    return components;
  }

  #address(): string {
    try {
      return loadKubeconfig(this.#input.files.kubeconfig).server!;
    } catch {
      return this.#input.config.address;
    }
  }

  async #podComponents(): Promise<Component[]> {
    if (!this.#client || !this.#node?.ready) return [];
    const [pods, processes] = await Promise.all([
      this.#client.list(resources.pods).catch(() => ({ items: [] })),
      this.#containerProcesses(),
    ]);
    return podComponents(pods.items, processes);
  }

  async #containerProcesses(): Promise<ContainerProcess[]> {
    const inner = await getJson<ContainerProcess[]>(this.#input.files.nodeSocket, '/containers').catch(
      () => [],
    );
    const node = childOf(this.#node?.pid ?? 0);
    if (!node) return [];
    const pids = hostPids(node);
    return inner.map((entry) => ({ ...entry, pid: pids.get(entry.pid) ?? 0 }));
  }

  /** Ends the node with its pods, then the API server, then this process. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#stage = 'stopping';
    const { files, log } = this.#input;
    log.info('stopping');
    this.#nodePorts?.close();
    await this.#node?.stop(8000);
    await this.#apiServer.stop(5000);
    this.#client?.close();
    this.#control?.close();
    rmSync(files.daemonSocket, { force: true });
    rmSync(files.daemonPid, { force: true });
    process.exit(0);
  }
}

function getJson<T>(socketPath: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    http
      .get({ socketPath, path, timeout: 2000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${path}: ${response.statusCode}`));
          resolve(JSON.parse(Buffer.concat(chunks).toString()) as T);
        });
      })
      .on('timeout', function (this: http.ClientRequest) {
        this.destroy(new Error('timed out'));
      })
      .on('error', reject);
  });
}
