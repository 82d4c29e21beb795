/**
 * `npm test`: every test that needs only npm and a Linux kernel. Unit and protocol tests share one process; the end-to-end
 * stories in e2e/ have a process and a cluster each. Arguments are file patterns that narrow the run.
 */
import { spawnSync } from 'node:child_process';
import { sourceFiles } from './sources.ts';

const patterns = process.argv.slice(2);
const isWanted = (file: string) =>
  patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
const tests = ['packages', 'tools', 'samples', 'e2e']
  .flatMap(sourceFiles)
  .filter((file) => file.endsWith('.test.ts'));

/** Those that fork, hold ports, or change the process they run in. */
const isSeparate = (file: string) => file.startsWith('e2e/') || /\.process\.test\.ts$/.test(file);
const together = tests.filter((file) => !isSeparate(file) && isWanted(file));
const separate = tests.filter((file) => isSeparate(file) && isWanted(file));

function run(title: string, files: readonly string[], flags: readonly string[]): boolean {
  if (files.length === 0) return true;
  console.log(`# ${title}: ${files.length} files`);
  const { status } = spawnSync(process.execPath, ['--test', ...flags, ...files], { stdio: 'inherit' });
  return status === 0;
}

const build = spawnSync('bin/lateen', ['version'], { stdio: ['ignore', 'ignore', 'inherit'] });
const results = [
  run('unit and protocol tests', together, [
    '--test-isolation=none',
    '--test-reporter=./tools/quiet-reporter.ts',
  ]),
  run('end-to-end tests', separate, [
    '--test-concurrency=2',
    '--test-timeout=300000',
    '--test-reporter=spec',
  ]),
];
process.exit(build.status === 0 && results.every(Boolean) ? 0 : 1);
