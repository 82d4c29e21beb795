import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Row, verdictOf } from './validation/rows.ts';

export interface ValidationInput {
  readonly data: string;
  readonly only?: string | undefined;
  readonly list?: boolean;
}

/** Holds validation of Istio resources against Istio's own tables: accepted, refused, or accepted with a warning. */
export async function run(
  input: ValidationInput,
): Promise<{ passed: number; failed: number; skipped: number }> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const file = path.join(input.data, 'istio', 'validation.json');
  if (!existsSync(file)) {
    console.log(`validation: SKIPPED: there is no ${file}`);
    return counts;
  }
  const skipped = new Map<string, number>();
  for (const row of JSON.parse(readFileSync(file, 'utf8')) as Row[]) {
    const id = `${row.test} #${row.id} ${row.name ?? ''}`;
    if (input.only && !id.includes(input.only)) continue;
    if (input.list) {
      console.log(id);
      continue;
    }
    const verdict = verdictOf(row);
    if ('skip' in verdict) {
      counts.skipped++;
      skipped.set(verdict.skip, (skipped.get(verdict.skip) ?? 0) + 1);
    } else if (verdict.difference === undefined) counts.passed++;
    else {
      counts.failed++;
      console.log(`FAIL ${id}: ${verdict.difference}`);
    }
  }
  for (const [reason, number] of skipped) console.log(`SKIP ${number}: ${reason}`);
  return counts;
}
