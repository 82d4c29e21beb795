import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { SuiteInput, SuiteResult } from '../../tools/conformance.ts';

/** What kubectl prints against the API server alone, script by script, as recorded with a real kube-apiserver. */
export async function run(input: SuiteInput): Promise<SuiteResult> {
  const folder = path.join(input.data, 'kubectl');
  const scripts = existsSync(path.join(folder, 'scripts')) ? path.join(folder, 'scripts') : folder;
  const replayer = [folder, path.join(input.support, 'kubectl')]
    .map((dir) => path.join(dir, 'replay.mjs'))
    .find((file) => existsSync(file));
  if (!replayer || !existsSync(scripts)) {
    console.log('SKIPPED: no recorded kubectl scripts in the data folder');
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const home = mkdtempSync(path.join(os.tmpdir(), 'lk-'));
  const env = { ...process.env, LATEEN_HOME: home };
  const lateen = path.join(input.projectRoot, 'bin/lateen');
  try {
    execFileSync(lateen, ['up', '--profile', 'api', '--name', 'k', '--address', '127.0.0.41'], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const kubectl = execFileSync(path.join(input.projectRoot, 'bin/kubectl'), ['--which'], { env })
      .toString()
      .trim();
    const args = ['--kubeconfig', path.join(home, 'k/kubeconfig'), '--kubectl', kubectl];
    if (input.only) args.push('--only', input.only);
    return await replay(realpathSync(replayer), [...args, scripts], env);
  } finally {
    execFileSync(lateen, ['down', '--name', 'k'], { env, stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs the replayer (by its real path: it looks at its own name to see whether it is the program), passes its output on, and reads its closing line. */
async function replay(
  replayer: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<SuiteResult> {
  const child = spawn(process.execPath, [replayer, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  await new Promise((resolve) => child.on('close', resolve));
  const match = /kubectl: (\d+) passed, (\d+) failed, (\d+) skipped/.exec(text);
  if (!match) throw new Error('the replayer did not come to its end');
  return { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) };
}
