import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createLog, delay, type Log } from '@lateen/kit';
import { getAdmin } from './admin.ts';
import { readAppProbes } from './app-probes.ts';
import { createBootstrap, prometheusPort, readinessPort } from './bootstrap.ts';
import { activityFilter, busyStreams } from './busy.ts';
import { captureRules, readCaptureSettings } from './capture.ts';
import { type DataPlane, startEnvoy, startInProcess } from './data-plane.ts';
import { readDownward } from './downward.ts';
import { describeNode, type PodFacts } from './node.ts';
import { type AgentOptions, type Environment, readOptions } from './options.ts';
import { RuleKeeper } from './rules.ts';
import { readAppMetrics, startStatusServer } from './status-server.ts';

const podInfo = '/etc/istio/pod';
const configDirectory = '/etc/istio/proxy';
/** Milliseconds between looks at the proxy's listeners. */
const listenerPoll = 100;
/** Milliseconds for which a proxy that is told to end goes on as if nothing had happened. */
const lingerTime = 1500;

function readFacts(env: Environment): PodFacts {
  return {
    env,
    labels: readDownward(`${podInfo}/labels`),
    annotations: readDownward(`${podInfo}/annotations`),
    capturedByRules: 'in0' in networkInterfaces(),
  };
}

async function proxyConfigAnnotation({ annotations }: PodFacts): Promise<Record<string, any>> {
  const text = annotations['proxy.istio.io/config'];
  if (!text) return {};
  const { parseYamlDocuments } = await import('@lateen/kube/yaml');
  return (parseYamlDocuments(text).value[0] ?? {}) as Record<string, any>;
}

/** Runs a sidecar or gateway until it is told to end; the exit code. */
export async function runProxyAgent(argv: readonly string[], env: Environment): Promise<number> {
  const facts = readFacts(env);
  const options = readOptions(argv, env, await proxyConfigAnnotation(facts));
  const log = createLog('agent');
  const node = describeNode(options, facts);
  const bootstrap = createBootstrap(options, node);
  log.info('starting', { node: node.id, discovery: options.discoveryAddress });
  const envoy = env.LATEEN_DATA_PLANE === 'envoy' ? (env.LATEEN_ENVOY ?? 'envoy') : undefined;
  if (!envoy) keepBootstrap(bootstrap);
  const plane = envoy
    ? await startEnvoy(envoy, bootstrap, options, configDirectory)
    : await startInProcess(bootstrap, options, log.child('proxy'));
  const agent = new Agent(plane, options, facts, log);
  return agent.run();
}

/** For people who look for it where Istio puts it. */
function keepBootstrap(bootstrap: object): void {
  try {
    mkdirSync(configDirectory, { recursive: true });
    writeFileSync(`${configDirectory}/envoy-rev.json`, JSON.stringify(bootstrap, null, 2));
  } catch {
    // The proxy runs without the copy as well.
  }
}

class Agent {
  readonly #plane: DataPlane;
  readonly #options: AgentOptions;
  readonly #facts: PodFacts;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #captured: boolean;
  #draining = false;

  constructor(plane: DataPlane, options: AgentOptions, facts: PodFacts, log: Log) {
    this.#plane = plane;
    this.#options = options;
    this.#facts = facts;
    this.#log = log;
    this.#captured = !facts.capturedByRules;
  }

  async run(): Promise<number> {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => this.#stop.abort());
    const server = await this.#startStatus();
    if (this.#facts.capturedByRules) void this.#keepCapturing();
    const stopped = new Promise<undefined>((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const code = await Promise.race([this.#plane.ended, stopped]);
    if (code === undefined) await this.#shutDown();
    else this.#log.error('the proxy ended by itself', { code });
    server.close();
    return code ?? 0;
  }

  #startStatus() {
    const { env } = this.#facts;
    return startStatusServer(this.#options.statusPort, {
      ready: () => this.#ready(),
      probes: readAppProbes(env.ISTIO_KUBE_APP_PROBERS),
      appAddress: env.INSTANCE_IP ?? '127.0.0.1',
      appMetrics: readAppMetrics(env.ISTIO_PROMETHEUS_ANNOTATIONS),
      adminPort: this.#options.adminPort,
      quit: () => this.#stop.abort(),
      drain: () => this.#plane.drain(),
    });
  }

  async #ready(): Promise<boolean> {
    if (!this.#captured || this.#draining) return false;
    return this.#plane.ready().catch(() => false);
  }

  /** Brings to each listener the connections that are meant for it, as listeners come and go. */
  async #keepCapturing(): Promise<void> {
    const own = [this.#options.statusPort, readinessPort, prometheusPort];
    const settings = readCaptureSettings(this.#facts.annotations, this.#facts.env, own);
    const keeper = new RuleKeeper(this.#log);
    await keeper.apply(captureRules([], settings));
    while (!this.#stop.signal.aborted) {
      const listeners = await this.#plane.listeners().catch(() => undefined);
      if (listeners) {
        await keeper.apply(captureRules(listeners, settings));
        if (!this.#captured) this.#captured = await this.#plane.ready().catch(() => false);
      }
      await delay(listenerPoll, this.#stop.signal).catch(() => {});
    }
  }

  async #shutDown(): Promise<void> {
    const { drainSeconds } = this.#options;
    this.#draining = true;
    this.#log.info('draining', { seconds: drainSeconds });
    await this.#plane.drain().catch(() => {});
    const deadline = performance.now() + drainSeconds * 1000;
    // Others have to learn first that this pod is going.
    await delay(Math.min(lingerTime, drainSeconds * 1000));
    while (performance.now() < deadline && (await this.#busy()) > 0) await delay(100);
    await Promise.race([this.#plane.stop(), delay(500)]);
  }

  async #busy(): Promise<number> {
    const path = `/stats?filter=${encodeURIComponent(activityFilter)}`;
    return busyStreams(await getAdmin(this.#options.adminPort, path).catch(() => ''));
  }
}
