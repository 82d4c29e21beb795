/**
 * Writes resources.ts (every built-in resource with its table columns) and wire.ts (field numbers of the protobuf
 * encoding) beside this file.
 *
 *     node generate.ts DATA-FOLDER PROTO-FOLDER…
 *
 * DATA-FOLDER holds resources.json and tables.json as recorded from a server, the PROTO-FOLDERs are searched for the
 * generated.proto files of the Kubernetes API types.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Recorded {
  group: string;
  version: string;
  resource: string;
  kind: string;
  scope: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  verbs: string[];
  subresources: { subresource: string; responseKind: string; verbs: string[] }[];
}

const letters: Record<string, string> = {
  create: 'c', delete: 'd', deletecollection: 'D', get: 'g', list: 'l', patch: 'p', update: 'u', watch: 'w',
};
const [data = '', ...protoFolders] = process.argv.slice(2);
const read = (name: string) => JSON.parse(readFileSync(join(data, name), 'utf8'));
const verbs = (list: string[]) => list.map((verb) => letters[verb]).join('');

function resources(): string {
  const tables: Record<string, { name: string; type: string; format: string; priority: number }[]> = read('tables.json');
  const rows = (read('resources.json') as Recorded[]).map((row) => {
    const columns = tables[`${row.group || 'core'}/${row.version}/${row.resource}`] ?? [];
    return [
      row.group, row.version, row.resource, row.kind, row.scope === 'Namespaced', row.singular,
      row.shortNames.join(','), row.categories.join(','), verbs(row.verbs),
      row.subresources.map((sub) => [sub.subresource, sub.responseKind, verbs(sub.verbs)].join(':')).join(','),
      columns.map((column) => [column.name, column.type, column.format, column.priority].join('|')).join(';'),
    ];
  });
  return [
    '// Made by generate.ts.',
    '/** group, version, plural, kind, namespaced, singular, short names, categories, verbs, subresources, columns. */',
    'export type ResourceRow = readonly [string, string, string, string, boolean, string, string, string, string, string, string];',
    'export const resourceRows: readonly ResourceRow[] = [',
    ...rows.map((row) => `  ${JSON.stringify(row)},`),
    '];',
    '',
  ].join('\n');
}

/** `Message` → `number:name:type` rows; type is a scalar, `*` for repeated, `{key}` for maps. */
function wire(): string {
  const messages = new Map<string, string[]>();
  for (const folder of protoFolders) {
    for (const path of globSync('**/generated.proto', { cwd: folder })) {
      if (/v\d+(alpha|beta)\d+\//.test(path)) continue;
      parseProto(readFileSync(join(folder, path), 'utf8'), messages);
    }
  }
  const sorted = [...messages].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '// Made by generate.ts.',
    '/** Message name without `k8s.io.` → its fields as `number:name:type`; `*` marks repeated, `%` maps. */',
    'export const wireMessages: Readonly<Record<string, string>> = {',
    ...sorted.map(([name, fields]) => `  ${JSON.stringify(name)}: ${JSON.stringify(fields.join(' '))},`),
    '};',
    '',
  ].join('\n');
}

function parseProto(text: string, messages: Map<string, string[]>): void {
  const packageName = /^package (\S+);/m.exec(text)?.[1] ?? '';
  const short = (type: string) => {
    if (/^(string|bytes|bool|u?int(32|64)|double|float)$/.test(type)) return type;
    return (type.includes('.') ? type.replace(/^\./, '') : `${packageName}.${type}`).replace(/^k8s\.io\./, '');
  };
  for (const message of text.matchAll(/^message (\w+) \{\n(.*?)^\}/gms)) {
    const fields: string[] = [];
    for (const line of message[2]!.split('\n')) {
      const map = /^\s*map<(\w+), (\S+)> (\w+) = (\d+);/.exec(line);
      const field = /^\s*(optional|repeated) (\S+) (\w+) = (\d+)/.exec(line);
      if (map) fields.push(`${map[4]}:${map[3]}:%${short(map[2]!)}`);
      else if (field) fields.push(`${field[4]}:${field[3]}:${field[1] === 'repeated' ? '*' : ''}${short(field[2]!)}`);
    }
    messages.set(short(message[1]!), fields);
  }
}

writeFileSync(join(import.meta.dirname, 'resources.ts'), resources());
if (protoFolders.length > 0) writeFileSync(join(import.meta.dirname, 'wire.ts'), wire());
