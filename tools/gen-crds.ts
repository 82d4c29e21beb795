/**
 * Writes Istio's CustomResourceDefinitions into install/, reduced to what the API server acts on: names, versions, columns,
 * types, defaults and rules. Usage: tools/run tools/gen-crds.ts FILE, where FILE holds the CRDs as Istio publishes them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';

const folder = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '../install/kubernetes/helm/istio-init/files',
);

/** Which file a group's CRDs go into; the names are those of Istio's release. */
const files: Record<string, string> = {
  'networking.istio.io': 'crd-10.yaml',
  'security.istio.io': 'crd-11.yaml',
  'telemetry.istio.io': 'crd-12.yaml',
  'extensions.istio.io': 'crd-12.yaml',
};

function withoutDescriptions(value: unknown, isSchemaMap = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDescriptions(item));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key]) => isSchemaMap || key !== 'description');
  return Object.fromEntries(
    entries.map(([key, field]) => [key, withoutDescriptions(field, key === 'properties')]),
  );
}

function reduce(crd: any): unknown {
  const { annotations: _annotations, labels: _labels, creationTimestamp: _time, ...metadata } = crd.metadata;
  const reduced = withoutDescriptions({
    ...crd,
    metadata: { ...metadata, labels: { app: 'istio-pilot', chart: 'istio' } },
  }) as any;
  delete reduced.status;
  return reduced;
}

const texts = new Map<string, string[]>();
for (const document of parseAllDocuments(readFileSync(process.argv[2]!, 'utf8'))) {
  const crd = document.toJS();
  const file = files[crd?.spec?.group];
  if (!file) continue;
  texts.set(file, [
    ...(texts.get(file) ?? []),
    stringify(reduce(crd), { lineWidth: 0, aliasDuplicateObjects: false }),
  ]);
}
mkdirSync(folder, { recursive: true });
for (const [file, documents] of texts) writeFileSync(path.join(folder, file), documents.join('---\n'));
