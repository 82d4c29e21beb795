/** Holds the proxy against what a recorded Envoy answered; what needs TLS or HTTP/2 is skipped until the proxy has them. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Suite, SuiteInput, SuiteResult } from '../../tools/conformance.ts';
import { type Scenario, skipReason } from './envoy/skip.ts';

/** Areas that the proxy answers for; the others come with later work. */
const coveredAreas = new Set(
  'http1 framing routing headers timeout retry fault balancing pool tcp accesslog stats admin'.split(' '),
);

export const run: Suite = async (input) => {
  const folder = rows(input.data);
  if (!folder) return { passed: 0, failed: 0, skipped: 0 };
  const work = mkdtempSync(path.join(tmpdir(), 'lateen-envoy-'));
  try {
    const skipped = select(folder, work, input);
    if (input.list) return { passed: 0, failed: 0, skipped };
    const result = await replay(work, input);
    return { ...result, skipped: result.skipped + skipped };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

/** The folder that holds scenario files, wherever under `data` it is. */
function rows(data: string): string | undefined {
  const candidates = [
    path.join(data, 'envoy/scenarios'),
    path.join(data, 'envoy'),
    path.join(data, 'scenarios'),
    data,
  ];
  return candidates.find(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json')),
  );
}

/** Writes the scenarios with the cases that are to be run into `work`; returns how many were left out. */
function select(folder: string, work: string, { areas, only, list }: SuiteInput): number {
  const pattern = only === undefined ? undefined : new RegExp(only);
  const target = path.join(work, 'scenarios');
  mkdirSync(target);
  let skipped = 0;
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const scenario: Scenario = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const name = path.basename(file, '.json');
    if (areas.length > 0 ? !areas.includes(scenario.area) : false) continue;
    if (scenario.starts === false) {
      if (pattern && !pattern.test(name)) continue;
      if (list) console.log(`${scenario.area}\t${name}`);
      writeFileSync(path.join(target, file), JSON.stringify(scenario));
      continue;
    }
    const wanted = scenario.cases.filter((one) => pattern?.test(`${name}/${one.name}`) ?? true);
    const kept = wanted.filter((one) => {
      const uncovered = areas.length === 0 && !coveredAreas.has(scenario.area);
      const reason = uncovered ? `area ${scenario.area} is not covered yet` : skipReason(scenario, one);
      if (reason === undefined) return true;
      skipped++;
      if (!list) console.log(`SKIP ${name}/${one.name}: ${reason}`);
      return false;
    });
    if (list) for (const one of kept) console.log(`${scenario.area}\t${name}/${one.name}`);
    if (kept.length > 0) writeFileSync(path.join(target, file), JSON.stringify({ ...scenario, cases: kept }));
  }
  return skipped;
}

async function replay(work: string, { support, projectRoot }: SuiteInput): Promise<SuiteResult> {
  const scenarios = path.join(work, 'scenarios');
  if (readdirSync(scenarios).length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const main = path.join(projectRoot, 'packages/proxy/src/main/index.ts');
  const command = `"${process.execPath}" "${main}" --file-flush-interval-msec 20 --log-level warning`;
  const replayer = path.join(support, 'envoy/replay.mjs');
  const child = spawn(process.execPath, [replayer, '--quiet', '--proxy', command, scenarios], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(work, 'compile-cache') },
  });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^envoy: \d+ passed/.test(line)) last = line;
    else console.log(line);
  }
  const counts = /(\d+) passed, (\d+) failed, (\d+) skipped/.exec(last);
  if (!counts) throw new Error('the replayer ended without a result');
  const [passed = 0, failed = 0, skipped = 0] = counts.slice(1).map(Number);
  return { passed, failed, skipped };
}
