import table from './gen/schema.json' with { type: 'json' };

/** How the value of a field is written; `message` and `enum` say of which type, the others are Protobuf's scalars. */
export type Kind = 'message' | 'enum' | 'string' | 'bytes' | 'bool' | 'double' | 'float' | Integer;
export type Integer =
  | ('int32' | 'uint32' | 'sint32' | 'fixed32' | 'sfixed32')
  | ('int64' | 'uint64' | 'sint64' | 'fixed64' | 'sfixed64');

export interface Field {
  readonly number: number;
  /** lowerCamelCase, as in canonical JSON. */
  readonly name: string;
  /** snake_case, as in the proto file. */
  readonly protoName: string;
  readonly kind: Kind;
  /** Full name of the message or enum. */
  readonly type: string;
  readonly repeated: boolean;
  /** Kind of the keys where the field is a map. */
  readonly mapKey: Kind | undefined;
  /** Zero is not written where presence is implicit. */
  readonly implicit: boolean;
  readonly oneof: string | undefined;
  /** protoc-gen-validate's FieldRules in JSON. */
  readonly rules: Rules | undefined;
}

export type Rules = Readonly<Record<string, any>>;

export interface Message {
  readonly name: string;
  readonly fields: readonly Field[];
  /** By lowerCamelCase and by snake_case name. */
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, Field>;
  readonly requiredOneofs: readonly string[];
}

export interface Enum {
  readonly name: string;
  readonly byName: ReadonlyMap<string, number>;
  readonly byNumber: ReadonlyMap<number, string>;
}

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

/** A line is `NUMBER name type [|oneof] [rules]`; before the type stand `*` (list), `?` (optional), `#` (enum), `<key,` (map). */
function parseField(line: string): Field {
  const [head, rules] = splitRules(line);
  const [number, protoName, typeWord, oneof] = head.split(' ') as [string, string, string, string?];
  const type = parseType(typeWord);
  return {
    number: Number(number),
    name: camel(protoName),
    protoName,
    ...type,
    implicit: type.implicit && oneof === undefined,
    oneof: oneof?.slice(1),
    rules: rules === undefined ? undefined : JSON.parse(rules),
  };
}

function splitRules(line: string): [string, string | undefined] {
  const at = line.indexOf(' {');
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + 1)];
}

function parseType(word: string): Pick<Field, 'kind' | 'type' | 'repeated' | 'mapKey' | 'implicit'> {
  const map = /^<(\w+),(.*)$/.exec(word);
  const repeated = word.startsWith('*');
  const element = map ? map[2]! : word.replace(/^[*?]/, '');
  const kind = element.startsWith('#') ? 'enum' : element.includes('.') ? 'message' : (element as Kind);
  const implicit = kind !== 'message' && !repeated && !map && !word.startsWith('?');
  return { kind, type: element.replace(/^#/, ''), repeated, mapKey: map?.[1] as Kind | undefined, implicit };
}

function parseMessage(name: string, text: string): Message {
  const lines = text.split('\n').filter((line) => line !== '');
  const required = lines[0]?.startsWith('!') ? lines.shift()!.slice(1).split(' ') : [];
  const fields = lines.map(parseField);
  const byName = new Map<string, Field>();
  for (const field of fields) byName.set(field.protoName, field).set(field.name, field);
  return {
    name,
    fields,
    byName,
    byNumber: new Map(fields.map((f) => [f.number, f])),
    requiredOneofs: required,
  };
}

function parseEnum(name: string, text: string): Enum {
  const pairs = text.split(' ').map((word) => word.split('=') as [string, string]);
  const byName = new Map(pairs.map(([value, number]) => [value, Number(number)]));
  const byNumber = new Map<number, string>();
  for (const [value, number] of byName) if (!byNumber.has(number)) byNumber.set(number, value);
  return { name, byName, byNumber };
}

function lazy<T>(
  texts: Record<string, string>,
  parse: (name: string, text: string) => T,
): (name: string) => T | undefined {
  const parsed = new Map<string, T>();
  return (name) => {
    const known = parsed.get(name);
    if (known !== undefined || !Object.hasOwn(texts, name)) return known;
    const value = parse(name, texts[name]!);
    parsed.set(name, value);
    return value;
  };
}

/** The message of that full name, read from the table on first use. */
export const messageOf = lazy(table.messages as Record<string, string>, parseMessage);

/** The enum of that full name. */
export const enumOf = lazy(table.enums as Record<string, string>, parseEnum);
