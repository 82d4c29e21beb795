/**
 * How long the whole demo takes to start, and how much memory it holds: `tools/run bench/start.ts [RUNS]`.
 * Each run starts from nothing; the first also makes the bundle if it is not there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { delay } from '@lateen/kit';
import { TestCluster } from '../e2e/support/cluster.ts';
import { describeMachine, median } from './support/machine.ts';
import { pss, rss } from './support/memory.ts';

const settlingTime = 8000;
const runs = Number(process.argv[2] ?? 3);
console.log(describeMachine());
const times: number[] = [];
const totals: number[] = [];
for (let run = 0; run < runs; run++) {
  const cluster = new TestCluster({ demo: true });
  try {
    const started = performance.now();
    await cluster.up();
    times.push((performance.now() - started) / 1000);
    // Idle is what stays when the start is over: the proxies give back then what only starting needed.
    await delay(settlingTime);
    const status = JSON.parse(await cluster.lateen(['status', '-o', 'json']));
    const daemon = Number(readFileSync(`${cluster.home}/h/t/run/daemon.pid`, 'utf8'));
    const pids = processTree(daemon);
    totals.push(pids.reduce((sum, pid) => sum + pss(pid), 0));
    const sidecars = status.components
      .filter((component: any) => component.kind === 'proxy')
      .map((c: any) => rss(c.pid));
    console.log(
      `run ${run + 1}: first page after ${times.at(-1)!.toFixed(1)} s, ${pids.length} processes, ` +
        `${Math.round(totals.at(-1)!)} MB PSS, sidecars ${sidecars.map(Math.round).join(' ')} MB RSS`,
    );
  } finally {
    await cluster.remove();
  }
}
console.log(
  `median: ${median(times).toFixed(1)} s (at most 10), ${Math.round(median(totals))} MB PSS (at most 1200)`,
);

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (let index = 0; index < found.length; index++) found.push(...(children.get(found[index]!) ?? []));
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
