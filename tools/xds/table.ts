import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  type FileRegistry,
  getOption,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';

/** The schema as it is committed: one line a field, see packages/xds/src/schema.ts for the grammar. */
export interface Table {
  /** Full name to `NAME=NUMBER` words. */
  enums: Record<string, string>;
  /** Full name to lines. */
  messages: Record<string, string>;
}

const wellKnown = /^google\.protobuf\./;
const internal =
  /^(google\.protobuf|validate|envoy\.annotations|udpa\.annotations|xds\.annotations|google\.api)\./;

type AnyDesc = { proto: { options?: any } };

function validation(registry: FileRegistry, name: string, desc: AnyDesc & any): any {
  const extension = registry.getExtension(`validate.${name}`)!;
  if (!desc.proto.options) return undefined;
  return getOption(desc, extension as any);
}

function rulesOf(registry: FileRegistry, field: DescField): object | undefined {
  const value = validation(registry, 'rules', field);
  const schema = registry.getMessage('validate.FieldRules')!;
  if (!value?.$typeName) return undefined;
  const json = toJson(schema, value) as object;
  return Object.keys(json).length > 0 ? json : undefined;
}

function elementType(
  kind: string,
  holder: { scalar?: ScalarType; enum?: DescEnum; message?: DescMessage },
): string {
  if (kind === 'scalar') return ScalarType[holder.scalar!]!.toLowerCase();
  return kind === 'enum' ? `#${holder.enum!.typeName}` : holder.message!.typeName;
}

function fieldType(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return `*${elementType(field.listKind, field as any)}`;
    case 'map':
      return `<${ScalarType[field.mapKey]!.toLowerCase()},${elementType(field.mapKind, field as any)}`;
    default:
      return elementType(field.fieldKind, field as any);
  }
}

function isOptional(field: DescField): boolean {
  return field.proto.proto3Optional && (field.fieldKind === 'scalar' || field.fieldKind === 'enum');
}

function fieldLine(registry: FileRegistry, field: DescField): string {
  const rules = rulesOf(registry, field);
  const oneof = field.oneof ? ` |${field.oneof.name}` : '';
  const type = (isOptional(field) ? '?' : '') + fieldType(field);
  return `${field.number} ${field.name} ${type}${oneof}${rules ? ` ${JSON.stringify(rules)}` : ''}`;
}

function messageLines(registry: FileRegistry, message: DescMessage): string {
  const required = message.oneofs.filter(
    (oneof: DescOneof) => validation(registry, 'required', oneof) === true,
  );
  const head = required.length > 0 ? [`!${required.map((oneof) => oneof.name).join(' ')}`] : [];
  const fields = [...message.fields].sort((a, b) => a.number - b.number);
  return [...head, ...fields.map((field) => fieldLine(registry, field))].join('\n');
}

const enumWords = (desc: DescEnum) => desc.values.map((value) => `${value.name}=${value.number}`).join(' ');

/** Everything in `registry` that can appear in a configuration; well-known types are the codec's own. */
export function tableOf(registry: FileRegistry): Table {
  const table: Table = { enums: {}, messages: {} };
  for (const type of [...registry].sort((a, b) => (a.typeName < b.typeName ? -1 : 1))) {
    if (internal.test(type.typeName) || wellKnown.test(type.typeName)) continue;
    if (type.kind === 'enum') table.enums[type.typeName] = enumWords(type);
    if (type.kind === 'message' && !type.proto.options?.mapEntry) {
      table.messages[type.typeName] = messageLines(registry, type);
    }
  }
  return table;
}

/** What `additions.json` holds: the same lines and words, as lists. */
export interface Additions {
  enums: Record<string, string>;
  messages: Record<string, string[]>;
}

/** Adds lines to messages (in place of the line with the same number), words to enums, and what `table` lacks. */
export function extend(table: Table, additions: Additions): Table {
  const merged: Table = { enums: { ...table.enums }, messages: { ...table.messages } };
  for (const [name, words] of Object.entries(additions.enums)) {
    merged.enums[name] = [merged.enums[name], words].filter(Boolean).join(' ');
  }
  for (const [name, lines] of Object.entries(additions.messages)) {
    merged.messages[name] = mergeLines(merged.messages[name]?.split('\n') ?? [], lines);
  }
  return merged;
}

function mergeLines(old: readonly string[], added: readonly string[]): string {
  const number = (line: string) => (line.startsWith('!') ? 0 : Number.parseInt(line, 10));
  const byNumber = new Map<number, string>();
  for (const line of [...old, ...added]) if (line !== '') byNumber.set(number(line), line);
  return [...byNumber.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, line]) => line)
    .join('\n');
}

/** The same table in the order of names, so that it is committed the same each time. */
export function sorted(table: Table): Table {
  const byName = (record: Record<string, string>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { enums: byName(table.enums), messages: byName(table.messages) };
}
