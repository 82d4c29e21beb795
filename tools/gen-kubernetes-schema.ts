/**
 * Makes packages/cluster/src/schema/builtin/gen/table.ts: field names, Go types, list and patch semantics and enums of
 * every built-in kind, from an OpenAPI document without descriptions and from the type declarations of the Go modules.
 *
 * usage: tools/run tools/gen-kubernetes-schema.ts DEFINITIONS.json GO_MODULES_DIR
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface GoField {
  name: string;
  type: string;
  omitEmpty: boolean;
  omitZero: boolean;
  inline: boolean;
}

const [definitionsFile, modules] = process.argv.slice(2);
if (definitionsFile === undefined || modules === undefined) {
  throw new Error('usage: gen-kubernetes-schema.ts DEFINITIONS.json GO_MODULES_DIR');
}
const definitions = JSON.parse(readFileSync(definitionsFile, 'utf8')) as Record<string, any>;
const structs = new Map<string, GoField[]>();
const aliases = new Map<string, string>();

const packages: [string, string][] = [
  ['k8s.io/apimachinery@v0.34.2/pkg/apis/meta/v1', 'io.k8s.apimachinery.pkg.apis.meta.v1'],
  [
    'k8s.io/apiextensions-apiserver@v0.34.2/pkg/apis/apiextensions/v1',
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  ],
  [
    'k8s.io/kube-aggregator@v0.34.2/pkg/apis/apiregistration/v1',
    'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  ],
];
for (const group of readdirSync(join(modules, 'k8s.io/api@v0.34.2'))) {
  for (const version of ['v1', 'v2']) {
    packages.push([`k8s.io/api@v0.34.2/${group}/${version}`, `io.k8s.api.${group}.${version}`]);
  }
}

/** `k8s.io/api/core/v1` → `io.k8s.api.core.v1`. */
function packageId(path: string): string {
  const [host, ...rest] = path.split('/');
  return [...host!.split('.').reverse(), ...rest].join('.');
}

const scalars = new Set([
  'string',
  'bool',
  'int',
  'int32',
  'int64',
  'float64',
  'byte',
  'uint8',
  'uint32',
  'uint64',
]);

/** Qualifies names in a Go type: `[]Container` → `[]io.k8s.api.core.v1.Container`. */
function qualify(type: string, id: string, imports: Map<string, string>): string {
  const prefix = /^(\*|\[\]|map\[[^\]]+\])/.exec(type)?.[0];
  if (prefix !== undefined) {
    const key = /^map\[(.+)\]$/.exec(prefix)?.[1];
    const head = key === undefined ? prefix : `map[${qualify(key, id, imports)}]`;
    return head + qualify(type.slice(prefix.length), id, imports);
  }
  if (scalars.has(type)) return type;
  const [head, name] = type.split('.');
  if (name === undefined) return `${id}.${type}`;
  return `${packageId(imports.get(head!) ?? head!)}.${name}`;
}

function parseImports(text: string): Map<string, string> {
  const imports = new Map<string, string>();
  for (const match of text.matchAll(/^(?:import)?\s+(?:(\w+)\s+)?"([^"]+)"$/gm)) {
    imports.set(match[1] ?? basename(match[2]!), match[2]!);
  }
  return imports;
}

function parseField(line: string, id: string, imports: Map<string, string>): GoField | undefined {
  const match = /^\s*(?:(\w+)\s+)?(\S+)\s+`json:"([^"]*)"/.exec(line);
  if (match === null) return undefined;
  const [name, ...flags] = match[3]!.split(',');
  const inline = flags.includes('inline') || (name === '' && match[1] === undefined);
  return {
    name: name!,
    type: qualify(match[2]!, id, imports),
    omitEmpty: flags.includes('omitempty'),
    omitZero: flags.includes('omitzero'),
    inline,
  };
}

function parseFile(text: string, id: string): void {
  const imports = parseImports(text);
  for (const match of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    const fields = match[2]!.split('\n').map((line) => parseField(line, id, imports));
    structs.set(
      `${id}.${match[1]}`,
      fields.filter((field) => field !== undefined),
    );
  }
  for (const match of text.matchAll(/^type (\w+) ([^s\s{][^\s{]*|string)$/gm)) {
    aliases.set(`${id}.${match[1]}`, qualify(match[2]!, id, imports));
  }
}

for (const [path, id] of packages) {
  const folder = join(modules, path);
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder)) {
    if (
      !file.endsWith('.go') ||
      file.endsWith('_test.go') ||
      file.startsWith('zz_') ||
      file.includes('generated')
    )
      continue;
    parseFile(readFileSync(join(folder, file), 'utf8'), id);
  }
}

const prefixes: [string, string][] = [
  ['io.k8s.apimachinery.pkg.apis.', '~'],
  ['io.k8s.apiextensions-apiserver.pkg.apis.', '^'],
  ['io.k8s.kube-aggregator.pkg.apis.', '!'],
  ['io.k8s.apimachinery.pkg.', '%'],
  ['io.k8s.api.', ''],
];

/** Short names: `core.v1.Container`, `~meta.v1.ObjectMeta`. */
function shorten(type: string): string {
  let out = type;
  for (const [long, short] of prefixes) out = out.replaceAll(long, short);
  return out;
}

function flatFields(name: string): GoField[] {
  return (structs.get(name) ?? []).flatMap((field) =>
    field.inline ? flatFields(field.type.replace(/^\*/, '')) : [field],
  );
}

function baseType(type: string): string {
  return type.replace(/^(\*|\[\]|map\[[^\]]+\])+/, '');
}

const customTypes = new Set([
  'Time',
  'MicroTime',
  'Duration',
  'FieldsV1',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'JSON',
  'JSONSchemaPropsOrBool',
  'JSONSchemaPropsOrArray',
  'JSONSchemaPropsOrStringArray',
]);
const tableStructs: Record<string, unknown[]> = {};
const tableAliases: Record<string, string> = {};

function extras(property: any, required: boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (required) out.r = 1;
  if (property?.['x-kubernetes-list-type']) out.l = property['x-kubernetes-list-type'];
  if (property?.['x-kubernetes-list-map-keys']) out.k = property['x-kubernetes-list-map-keys'];
  if (property?.['x-kubernetes-map-type']) out.m = property['x-kubernetes-map-type'];
  if (property?.['x-kubernetes-patch-merge-key']) out.p = property['x-kubernetes-patch-merge-key'];
  if (property?.['x-kubernetes-patch-strategy']) out.s = property['x-kubernetes-patch-strategy'];
  if (property?.enum) out.e = property.enum;
  if (property?.items?.enum) out.e = property.items.enum;
  if (property?.format) out.f = property.format;
  return out;
}

function addType(type: string): void {
  const base = baseType(type);
  const key = /^.*map\[([^\]]+)\]/.exec(type)?.[1];
  if (key !== undefined && !scalars.has(key)) addType(key);
  const short = shorten(base);
  if (scalars.has(base) || short in tableStructs || short in tableAliases) return;
  const alias = aliases.get(base);
  if (alias !== undefined && !structs.has(base)) {
    tableAliases[short] = shorten(alias);
    addType(alias);
    return;
  }
  if (!structs.has(base) || customTypes.has(base.split('.').pop()!)) return;
  const definition = definitions[base];
  tableStructs[short] = [];
  const rows = flatFields(base).map((field) => {
    addType(field.type);
    const more = extras(
      definition?.properties?.[field.name],
      definition?.required?.includes(field.name) ?? false,
    );
    const flags = `${field.omitEmpty ? 'o' : ''}${field.omitZero ? 'z' : ''}`;
    const row: unknown[] = [field.name, shorten(field.type), flags];
    if (Object.keys(more).length > 0) row.push(more);
    return row;
  });
  tableStructs[short] = rows;
}

const kinds: Record<string, string> = {};
const atomicStructs: string[] = [];
const unions: Record<string, unknown> = {};
for (const [name, definition] of Object.entries(definitions)) {
  addType(name);
  const gvks = definition['x-kubernetes-group-version-kind'] ?? [];
  for (const gvk of gvks.length === 1 ? gvks : [])
    kinds[`${gvk.group}/${gvk.version}/${gvk.kind}`] = shorten(name);
  if (definition['x-kubernetes-map-type'] === 'atomic') atomicStructs.push(shorten(name));
  if (definition['x-kubernetes-unions']) unions[shorten(name)] = definition['x-kubernetes-unions'];
  const properties = Object.keys(definition.properties ?? {});
  const known = new Set((tableStructs[shorten(name)] ?? []).map((row) => (row as string[])[0]));
  const missing = properties.filter((property) => !known.has(property));
  if (missing.length > 0 && !customTypes.has(name.split('.').pop()!))
    console.error(`${name} lacks ${missing.join(', ')}`);
}
for (const name of [
  'DeleteOptions',
  'Status',
  'WatchEvent',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
  'PartialObjectMetadata',
]) {
  addType(`io.k8s.apimachinery.pkg.apis.meta.v1.${name}`);
}
const table = { kinds, structs: tableStructs, aliases: tableAliases, atomic: atomicStructs, unions };
const out = new URL('../packages/cluster/src/schema/builtin/gen/table.ts', import.meta.url);
writeFileSync(
  out,
  `// Made by tools/gen-kubernetes-schema.ts.\nexport const TABLE =\n  ${quoted(JSON.stringify(table))};\n`,
);

/** A single-quoted literal, so that the table is parsed only when it is needed. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
