import { checkScalar } from './scalar-rules.ts';
import { enumOf, type Field, type Kind, type Message, messageOf, type Rules } from './schema.ts';
import { typeName } from './type-urls.ts';
import { isWellKnown, wrappers } from './wire/well-known.ts';

/** One broken constraint: where, and the sentence that Envoy refuses the configuration with. */
export interface Violation {
  readonly path: string;
  readonly text: string;
}

type Json = Record<string, any>;
/** `fail(segment, text)`: the path within the message and the words after `Message.Field`. */
type Fail = (field: string, path: string, text: string) => void;

const maxViolations = 100;
const pascal = (name: string) =>
  name.replace(/(^|_)([a-z0-9])/g, (_all, _bar, letter: string) => letter.toUpperCase());

function className(fullName: string): string {
  const parts = fullName.split('.');
  return parts.slice(parts.findIndex((part) => /^[A-Z]/.test(part))).join('_');
}

/** Every broken constraint in `json`, a message in canonical JSON; the messages in its Anys are checked each for itself. */
export function violations(type: string, json: Json): Violation[] {
  const found: Violation[] = [];
  checkRoot(typeName(type), json, '', found);
  return found;
}

function checkRoot(type: string, json: Json, path: string, found: Violation[]): void {
  const message = messageOf(type);
  if (!message || isWellKnown(type)) return;
  checkMessage(message, json, path, found, (where, text) => {
    if (found.length < maxViolations)
      found.push({ path: where, text: `Proto constraint validation failed (${text})` });
  });
}

function checkMessage(
  message: Message,
  json: Json,
  path: string,
  found: Violation[],
  report: (path: string, text: string) => void,
): void {
  const fail: Fail = (field, at, text) =>
    report(join(path, at), `${className(message.name)}ValidationError.${pascal(field)}: ${text}`);
  for (const oneof of message.requiredOneofs) {
    if (!message.fields.some((field) => field.oneof === oneof && json[field.name] !== undefined)) {
      fail(oneof, oneof, 'value is required');
    }
  }
  for (const field of message.fields) {
    const value = json[field.name];
    if (value === undefined && !field.rules) continue;
    checkField(field, value, path, found, fail);
  }
}

const join = (path: string, name: string) => (path === '' ? name : name === '' ? path : `${path}.${name}`);

function checkField(field: Field, value: any, path: string, found: Violation[], fail: Fail): void {
  if (field.mapKey) {
    checkMap(field, value ?? {}, path, found, fail);
    return;
  }
  if (field.repeated) {
    checkList(field, value ?? [], path, found, fail);
    return;
  }
  checkValue(field, field.rules, value, field.protoName, field.protoName, path, found, fail);
}

/** `name` is how PGV calls the place, `at` how a path does. */
function checkValue(
  field: Field,
  rules: Rules | undefined,
  value: any,
  name: string,
  at: string,
  path: string,
  found: Violation[],
  fail: Fail,
): void {
  if (field.kind !== 'message') {
    const text = rules && checkPresent(field, rules, value);
    if (text) fail(name, at, text);
    return;
  }
  if (value === undefined) {
    if (field.oneof) return;
    if (rules?.message?.required || rules?.any?.required || rules?.duration?.required)
      fail(name, at, 'value is required');
    return;
  }
  const wrapped = wrappers[field.type] as Kind | undefined;
  const kind = wrapped ?? (field.type === 'google.protobuf.Duration' ? 'duration' : undefined);
  const text = rules && kind && checkScalar(kind, ruleOf(rules, kind), value);
  if (text) fail(name, at, text);
  if (field.type === 'google.protobuf.Any') {
    checkRoot(typeName(value['@type'] ?? ''), value, join(path, at), found);
    return;
  }
  const message = isWellKnown(field.type) || rules?.message?.skip ? undefined : messageOf(field.type);
  if (!message) return;
  checkMessage(message, value, join(path, at), found, (where, cause) =>
    fail(
      name,
      where.slice(path === '' ? 0 : path.length + 1),
      `embedded message failed validation | caused by ${cause}`,
    ),
  );
}

const ruleOf = (rules: Rules, kind: string): Rules | undefined => rules[kind];

function checkPresent(field: Field, rules: Rules, value: any): string | undefined {
  if (value === undefined && !field.implicit) return undefined;
  if (field.kind === 'enum') return checkEnum(field.type, rules.enum, value);
  return checkScalar(field.kind, ruleOf(rules, field.kind), value ?? zero(field.kind));
}

const zero = (kind: Kind) => (kind === 'string' || kind === 'bytes' ? '' : kind === 'bool' ? false : 0);

function checkEnum(
  type: string,
  rules: Rules | undefined,
  value: string | number | undefined,
): string | undefined {
  if (!rules) return undefined;
  const number =
    typeof value === 'number' ? value : value === undefined ? 0 : (enumOf(type)?.byName.get(value) ?? -1);
  if (rules.definedOnly && !enumOf(type)?.byNumber.has(number))
    return 'value must be one of the defined enum values';
  if (rules.const !== undefined && rules.const !== number) return `value must equal ${rules.const}`;
  if (rules.in && !rules.in.includes(number)) return `value must be in list [${rules.in.join(' ')}]`;
  if (rules.notIn?.includes(number)) return `value must not be in list [${rules.notIn.join(' ')}]`;
  return undefined;
}

function checkList(field: Field, list: any[], path: string, found: Violation[], fail: Fail): void {
  const rules: Rules | undefined = field.rules?.repeated;
  const text = rules && checkCount(rules.minItems, rules.maxItems, list.length, 'item', rules.ignoreEmpty);
  if (text) fail(field.protoName, field.protoName, text);
  if (rules?.unique && new Set(list.map((item) => JSON.stringify(item))).size < list.length) {
    fail(field.protoName, field.protoName, 'repeated value must contain unique items');
  }
  if (field.kind !== 'message' && !rules?.items) return;
  const element: Field = { ...field, repeated: false, implicit: true };
  list.forEach((item, index) => {
    const at = `${field.protoName}[${index}]`;
    checkValue(element, rules?.items, item, at, at, path, found, fail);
  });
}

function checkMap(field: Field, map: Json, path: string, found: Violation[], fail: Fail): void {
  const rules: Rules | undefined = field.rules?.map;
  const keys = Object.keys(map);
  const text = rules && checkCount(rules.minPairs, rules.maxPairs, keys.length, 'pair', rules.ignoreEmpty);
  if (text) fail(field.protoName, field.protoName, text);
  const element: Field = { ...field, mapKey: undefined, implicit: true };
  for (const key of keys) {
    const at = `${field.protoName}[${key}]`;
    const wrongKey = rules?.keys && checkScalar(field.mapKey!, ruleOf(rules.keys, field.mapKey!), key);
    if (wrongKey) fail(at, at, wrongKey);
    checkValue(element, rules?.values, map[key], at, at, path, found, fail);
  }
}

function checkCount(
  min: string | undefined,
  max: string | undefined,
  count: number,
  noun: string,
  ignoreEmpty?: boolean,
): string | undefined {
  if (ignoreEmpty && count === 0) return undefined;
  const [least, most] = [Number(min ?? 0), Number(max ?? Number.POSITIVE_INFINITY)];
  if (count >= least && count <= most) return undefined;
  if (min !== undefined && min === max) return `value must contain exactly ${min} ${noun}(s)`;
  if (min !== undefined && max !== undefined)
    return `value must contain between ${min} and ${max} ${noun}s, inclusive`;
  return count < least
    ? `value must contain at least ${min} ${noun}(s)`
    : `value must contain no more than ${max} ${noun}(s)`;
}
