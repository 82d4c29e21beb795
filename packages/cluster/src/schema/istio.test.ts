import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type CompiledCrd, compileCrd, decodeStrict } from './index.ts';

/** Istio's definitions, and documents whose `_err` says how a real API server refuses them. */
const folder = join(import.meta.dirname, '../../../../../shared/conformance/istio');

function documents(file: string): any[] {
  // Go's YAML reads an address that ends with a colon as text even in front of a bracket.
  const text = readFileSync(join(folder, file), 'utf8').replaceAll(
    /([[ ])([0-9a-f:]+::)([\],])/g,
    '$1"$2"$3',
  );
  return parseAllDocuments(text)
    .map((document) => (document as any).toJS())
    .filter((value) => value !== null);
}

/** What decoding says, and what validation says of the object as it is written, nulls and unknown fields included. */
function refusals(crds: ReadonlyMap<string, CompiledCrd>, { _err: _expected, ...object }: any): string[] {
  const [group, version] = object.apiVersion.split('/');
  const kind = crds.get(`${group}/${object.kind}`)!.versions.get(version)!;
  object.metadata.namespace ??= 'default';
  const strict = decodeStrict(kind, object, 'Strict').error?.message;
  const errors = kind.validate(object).map((error) => `${error.field}: ${error.message}`);
  return strict === undefined ? errors : [strict, ...errors];
}

/** A field that these definitions lack: it is refused as unknown, not for its value. */
const unknownHere = new Set(['invalid-presence-value']);

test("Istio's own documents get the verdicts of a real API server", { skip: !existsSync(folder) }, () => {
  const crds = new Map<string, CompiledCrd>();
  for (const crd of documents('crds.yaml'))
    crds.set(`${crd.spec.group}/${crd.spec.names.kind}`, compileCrd(crd));
  const wrong: string[] = [];
  for (const document of documents('crd-documents.yaml')) {
    const errors = refusals(crds, document);
    const expected: string | undefined = document._err;
    const fits =
      expected === undefined
        ? errors.length === 0
        : errors.length > 0 &&
          (errors.join('\n').includes(expected) || unknownHere.has(document.metadata.name));
    if (!fits)
      wrong.push(
        `${document.kind} ${document.metadata?.name}: expected ${expected}, got ${errors.join('; ')}`,
      );
  }
  assert.deepEqual(wrong, []);
});
