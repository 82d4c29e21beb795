import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';

/**
 * One test for every `NAME.in.yaml` of a folder: what `produce` makes of its documents must be `NAME.out.yaml`. With
 * UPDATE_GOLDEN=1 the outputs are written instead.
 */
export function goldenTests(folder: string, produce: (documents: any[]) => unknown): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.in.yaml'))) {
    test(`golden ${path.basename(folder)}/${file}`, () => {
      const documents = parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')).map((document) =>
        document.toJS(),
      );
      const plain = JSON.parse(JSON.stringify(produce(documents.filter(Boolean)), maps));
      const text = stringify(plain, { lineWidth: 120, aliasDuplicateObjects: false });
      const output = path.join(folder, file.replace('.in.yaml', '.out.yaml'));
      if (process.env.UPDATE_GOLDEN || !existsSync(output)) writeFileSync(output, text);
      assert.equal(text, readFileSync(output, 'utf8'));
    });
  }
}

function maps(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
