import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@lateen/kit/testing/eventually';

export const projectRoot: string = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What others ship and the stories run with too; absent outside of a development machine. */
export const sharedData: string = path.resolve(projectRoot, '../shared/conformance');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ClusterOptions {
  readonly profile?: 'demo' | 'none' | 'api';
  /** Starts what `npm start` starts. */
  readonly demo?: boolean;
  readonly dataPlane?: 'lateen' | 'envoy';
  /** User id to run as; only root can choose one. */
  readonly uid?: number;
}

/** A cluster of one test file, with a home and a loopback address of its own; it ends with the file, whatever happens. */
export class TestCluster {
  readonly home: string;
  readonly address: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions = {}) {
    this.#options = options;
    this.home = mkdtempSync(path.join(os.tmpdir(), 'l-'));
    if (options.uid !== undefined) chownSync(this.home, options.uid, options.uid);
    this.address = `127.${1 + (process.pid & 0x7f)}.${(process.pid >> 7) & 0xff}.${2 + Math.floor(Math.random() * 250)}`;
    this.env = {
      ...process.env,
      HOME: this.home,
      LATEEN_HOME: path.join(this.home, 'h'),
      KUBECONFIG: path.join(this.home, 'h/t/kubeconfig'),
      PATH: `${path.join(projectRoot, 'bin')}:${process.env.PATH}:${path.join(projectRoot, 'e2e/support/bin')}`,
      INGRESS_HOST: this.address,
      GATEWAY_URL: `${this.address}:31380`,
    };
  }

  /** Starts it, and leaves nothing behind when it does not come up. */
  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    try {
      await cluster.up();
    } catch (error) {
      await cluster.remove();
      throw error;
    }
    return cluster;
  }

  async up(): Promise<void> {
    const { demo, profile, dataPlane } = this.#options;
    const verb = demo ? ['demo'] : ['up', '--profile', profile ?? 'demo'];
    const plane = dataPlane ? ['--data-plane', dataPlane] : [];
    const envoy =
      dataPlane === 'envoy' && process.env.LATEEN_ENVOY ? ['--envoy', process.env.LATEEN_ENVOY] : [];
    await this.lateen([...verb, '--address', this.address, ...plane, ...envoy]);
  }

  async remove(): Promise<void> {
    await this.run('lateen', ['down', '--name', 't']);
    rmSync(this.home, { recursive: true, force: true });
  }

  lateen(args: readonly string[]): Promise<string> {
    return this.#checked('lateen', [...args, '--name', 't']);
  }

  /** Real kubectl; rejects with its standard error when it fails. */
  kubectl(...args: string[]): Promise<string> {
    return this.#checked('kubectl', args);
  }

  istioctl(...args: string[]): Promise<string> {
    return this.#checked('istioctl', args);
  }

  /** A shell command line as the documentation shows it, run from the project's root. */
  shell(line: string, timeout = 60_000): Promise<CommandResult> {
    return this.run('bash', ['-c', line], undefined, timeout);
  }

  async #checked(command: string, args: readonly string[]): Promise<string> {
    const result = await this.run(command, args);
    if (result.code !== 0)
      throw new Error(`${command} ${args.join(' ')}: exit ${result.code}\n${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  run(command: string, args: readonly string[], stdin?: string, timeout = 90_000): Promise<CommandResult> {
    const { uid } = this.#options;
    const program = ['lateen', 'istioctl', 'kubectl'].includes(command)
      ? path.join(projectRoot, 'bin', command)
      : command;
    return new Promise((resolve) => {
      const child = execFile(
        program,
        [...args],
        {
          env: this.env,
          cwd: projectRoot,
          timeout,
          maxBuffer: 64 << 20,
          ...(uid === undefined ? {} : { uid, gid: uid }),
        },
        (error, stdout, stderr) => {
          const code = error ? (typeof error.code === 'number' ? error.code : 124) : 0;
          resolve({ code, stdout, stderr });
        },
      );
      // A program may end without reading its input; its exit code says what came of it.
      child.stdin?.on('error', () => {});
      child.stdin?.end(stdin ?? '');
    });
  }

  /** Applies a manifest given as text. */
  async applyText(yaml: string): Promise<string> {
    const result = await this.run('kubectl', ['apply', '-f', '-'], yaml);
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout;
  }

  /** Until at least one pod is there and all are ready. */
  async waitForPods(namespace: string, selector = ''): Promise<void> {
    const select = selector ? ['-l', selector] : ['--all'];
    // kubectl wait fails where there is no pod yet, and right after apply there may be none.
    await eventually(async () => {
      const found = await this.kubectl(
        'get',
        'pods',
        ...(selector ? select : []),
        '-n',
        namespace,
        '-o',
        'name',
      );
      return found !== '';
    });
    await this.kubectl('wait', 'pod', ...select, '-n', namespace, '--for=condition=Ready', '--timeout=60s');
  }
}

/** Whether this machine lets us make the namespaces in which pods run; tests say so when they are skipped. */
export async function namespacesRefused(): Promise<string | false> {
  return new Promise((resolve) => {
    const child = spawn('unshare', ['-Urnmpf', '--mount-proc', 'true'], { stdio: 'ignore' });
    child.on('error', (error) => resolve(`unshare: ${error.message}`));
    child.on('exit', (code) =>
      resolve(code === 0 ? false : 'the kernel refuses user namespaces to this user'),
    );
  });
}
