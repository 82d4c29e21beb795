/**
 * One measurement, inside a network namespace of its own: starts a backend, the proxy that the arguments name, and a load.
 * Prints one JSON line. Usage: proxy-run.ts http|tcp SECONDS COMMAND…  (`-c FILE --concurrency 1` is added to the command).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { rss } from './memory.ts';
import { sidecarBootstrap, world } from './sidecar-bootstrap.ts';

const [kind, seconds, ...command] = process.argv.slice(2) as [string, string, ...string[]];
const folder = mkdtempSync(path.join(os.tmpdir(), 'lb-'));
const children: ChildProcess[] = [];
try {
  const file = path.join(folder, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(sidecarBootstrap()));
  const script = path.join(import.meta.dirname, kind === 'http' ? 'http-backend.mjs' : 'tcp-backend.mjs');
  const port = kind === 'http' ? world.httpTarget : world.tcpTarget;
  children.push(
    pinned(
      1,
      kind === 'http' ? httpBackend(script, port) : [process.execPath, script, world.backend, String(port)],
    ),
  );
  const proxy = pinned(0, [...command, '-c', file, '--concurrency', '1']);
  children.push(proxy);
  await connectable(world.backend, port);
  await connectable('127.0.0.1', world.admin);
  await (kind === 'http'
    ? connectable(world.httpService, world.httpPort)
    : connectable(world.tcpService, world.tcpPort));
  const idle = rss(proxy.pid!);
  const figures = kind === 'http' ? httpLoad() : await tcpLoad();
  console.log(JSON.stringify({ ...figures, idleRss: idle, loadedRss: rss(proxy.pid!) }));
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

/** nginx where it is installed, since it leaves the most of its core to the load; else a small program of our own. */
function httpBackend(script: string, port: number): string[] {
  const nginx = '/usr/sbin/nginx';
  if (!existsSync(nginx)) return [process.execPath, script, world.backend, String(port)];
  const file = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  const answer = `return 200 "${'x'.repeat(100)}";`;
  writeFileSync(
    file,
    `user root; daemon off; master_process off; pid ${folder}/nginx.pid; error_log /dev/null; events { worker_connections 1024; }
http { ${temporary} access_log off; keepalive_requests 100000000; server { listen ${world.backend}:${port}; location / { default_type text/plain; ${answer} } } }
`,
  );
  return [nginx, '-p', folder, '-c', file];
}

/** `taskset` execs the command, so the child's pid is the program's. */
function pinned(cpu: number, argv: readonly string[]): ChildProcess {
  return spawn('taskset', ['-c', String(cpu), ...argv], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function connectable(address: string, port: number): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const ok = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, address, () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (ok) return;
    if (performance.now() > deadline) throw new Error(`${address}:${port}: nobody listens`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function httpLoad(): Record<string, number> {
  const url = `http://${world.httpService}:${world.httpPort}/reviews/0`;
  const load = (duration: string) =>
    execFileSync('taskset', [
      '-c',
      '1',
      'wrk',
      '-t1',
      '-c32',
      `-d${duration}`,
      '--latency',
      '-H',
      'Host: reviews:9080',
      url,
    ]).toString();
  load('2s');
  const text = load(`${seconds}s`);
  if (/Non-2xx/.test(text)) throw new Error(`answers other than 200:\n${text}`);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1]),
    p50: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(text)!),
    p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(text)!),
  };
}

function milliseconds([, value, unit]: RegExpExecArray): number {
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 } as Record<string, number>)[unit!]!;
}

/** Reads what the backend streams over four connections. */
async function tcpLoad(): Promise<Record<string, number>> {
  let received = 0;
  const sockets = Array.from({ length: 4 }, () =>
    net.connect({
      port: world.tcpPort,
      host: world.tcpService,
      onread: { buffer: Buffer.alloc(1 << 18), callback: count },
    }),
  );
  function count(length: number): boolean {
    received += length;
    return true;
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = received;
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  const rate = (received - before) / ((performance.now() - started) / 1000);
  for (const socket of sockets) socket.destroy();
  return { megabytesPerSecond: rate / 2 ** 20 };
}
