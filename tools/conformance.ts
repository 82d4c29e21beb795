/**
 * Holds the product against recorded answers of the judges: `npm run conformance -- [--data DIR] [--suite NAME]
 * [--area NAME[,NAME]] [--only PATTERN] [--list] [--allow NAME=N]`. `--allow` tolerates N failures of a suite, so that what is
 * recorded as a known difference does not hide a new one. DIR may hold rows only: what else a suite needs comes from the default
 * folder. Each suite closes with `NAME: N passed, N failed, N skipped`.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from './sources.ts';

export interface SuiteInput {
  /** Folder of the rows. */
  readonly data: string;
  /** Folder of replayers, certificates and whatever `data` does not hold. */
  readonly support: string;
  readonly projectRoot: string;
  readonly areas: readonly string[];
  readonly only: string | undefined;
  readonly list: boolean;
}

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export type Suite = (input: SuiteInput) => Promise<SuiteResult>;

const suites: Record<string, () => Promise<{ run: Suite }>> = {
  envoy: () => import('../e2e/conformance/envoy.ts'),
  xds: () => import('../e2e/conformance/xds.ts'),
  kubectl: () => import('../e2e/conformance/kubectl.ts'),
  validation: () => import('../e2e/conformance/validation.ts'),
};

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    suite: { type: 'string', multiple: true },
    area: { type: 'string' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
    allow: { type: 'string', multiple: true, default: [] },
  },
});

const support = path.resolve(projectRoot, '../shared/conformance');
const data = path.resolve(values.data ?? support);
if (!existsSync(data)) {
  console.log(
    `SKIPPED: no conformance data in ${path.relative(projectRoot, data)}; name a folder with --data DIR`,
  );
  process.exit(0);
}

/** How many failures of a suite are known. */
function allowed(name: string): number {
  const entry = values.allow.find((text) => text.startsWith(`${name}=`));
  return entry ? Number(entry.slice(name.length + 1)) : 0;
}

let failed = 0;
for (const name of values.suite ?? Object.keys(suites)) {
  const load = suites[name];
  if (!load) {
    console.error(`--suite ${name}: there are ${Object.keys(suites).join(', ')}`);
    process.exit(2);
  }
  const { run } = await load();
  const areas = values.area?.split(',') ?? [];
  const result = await run({ data, support, projectRoot, areas, only: values.only, list: values.list });
  if (!values.list)
    console.log(`${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  if (result.failed > allowed(name)) failed += result.failed;
}
process.exit(failed === 0 ? 0 : 1);
