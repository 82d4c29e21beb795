import { badRequest } from '../failure.ts';
import type { CompiledVersion, Decoded, FieldValidation, KindSchema, KubeObject } from '../types.ts';
import { decodeCustom } from './custom.ts';
import { decodeAs, isObject } from './go.ts';
import { JsonSyntaxError, type ParsedJson, parseJson } from './json.ts';
import { typeError } from './type-error.ts';

/**
 * Decodes a request body (JSON text, or a value already parsed) as an object of a kind. Type errors are a 400 with Go's
 * text; unknown and duplicate fields are a 400 (Strict), warnings (Warn) or nothing (Ignore), and are dropped.
 * apiVersion and kind are filled in when absent. For custom kinds unknown fields are pruned and metadata is checked.
 */
export function decodeStrict(
  kind: KindSchema,
  body: string | Uint8Array | object,
  fieldValidation: FieldValidation,
): Decoded {
  const parsed = parseBody(kind, body);
  if ('code' in parsed) return { warnings: [], error: parsed };
  const named = withTypeMeta(kind, parsed.value as Record<string, unknown>);
  const duplicates = renamed(parsed, named);
  const outcome = decodeParsed(kind, named, duplicates);
  if (outcome.error !== undefined)
    return { warnings: [], error: cannotBeHandled(kind, named, outcome.error) };
  if (outcome.strict.length > 0 && fieldValidation === 'Strict') {
    const text = `strict decoding error: ${outcome.strict.join(', ')}`;
    return { warnings: [], error: cannotBeHandled(kind, named, text) };
  }
  const wrongVersion = versionMismatch(kind, named);
  if (wrongVersion !== undefined) return { warnings: [], error: wrongVersion };
  return { object: outcome.object!, warnings: fieldValidation === 'Warn' ? outcome.strict : [] };
}

export interface ParsedOutcome {
  readonly object?: KubeObject;
  readonly strict: readonly string[];
  readonly error?: string;
}

const noDuplicates: ReadonlyMap<object, readonly string[]> = new Map();

/** Decodes a parsed value; errors without the sentence around them. */
export function decodeParsed(
  kind: KindSchema,
  value: Record<string, unknown>,
  duplicates: ReadonlyMap<object, readonly string[]> = noDuplicates,
): ParsedOutcome {
  if (kind.custom) return decodeCustom(kind as CompiledVersion, value, duplicates);
  const wrongKind = kindMismatch(kind, value);
  if (wrongKind !== undefined) return { strict: [], error: wrongKind };
  const { value: object, strict, error } = decodeAs(kind.root, value, duplicates);
  return error === undefined ? { object: object as KubeObject, strict } : { strict, error };
}

/** The object as the server would write it back: unknown fields dropped, empty ones left out, quantities canonical. */
export function canonicalObject(kind: KindSchema, object: KubeObject): KubeObject {
  return decodeParsed(kind, object).object ?? object;
}

function parseBody(
  kind: KindSchema,
  body: string | Uint8Array | object,
): ParsedJson | ReturnType<typeof badRequest> {
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    return { value: body, duplicates: noDuplicates };
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  try {
    const parsed = parseJson(text);
    const problem = typeMetaProblem(parsed.value);
    return problem === undefined ? parsed : unrecognized(kind, text, problem);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return unrecognized(kind, text, error.message);
  }
}

function typeMetaProblem(value: unknown): string | undefined {
  if (!isObject(value)) {
    const struct =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    return typeError(jsonName(value), struct, '', '');
  }
  for (const field of ['apiVersion', 'kind']) {
    const given = value[field];
    if (given !== undefined && given !== null && typeof given !== 'string') {
      return `json: cannot unmarshal ${jsonName(given)} into Go struct field .${field} of type string`;
    }
  }
  return undefined;
}

function jsonName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function unrecognized(kind: KindSchema, text: string, problem: string) {
  const why = `couldn't get version/kind; json parse error: ${problem}`;
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.gvk.kind}): ${why} (${summarize(text, 30)})`,
  );
}

function summarize(text: string, length: number): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text);
  const shown = text.startsWith('{')
    ? bytes.subarray(0, length).toString()
    : bytes.subarray(0, length).toString('hex');
  return bytes.length > length ? `${shown} ...` : shown;
}

function groupVersion(kind: KindSchema): string {
  return kind.gvk.group === '' ? kind.gvk.version : `${kind.gvk.group}/${kind.gvk.version}`;
}

function withTypeMeta(kind: KindSchema, value: Record<string, unknown>): Record<string, unknown> {
  if (value.apiVersion && value.kind) return value;
  return { ...value, apiVersion: value.apiVersion || groupVersion(kind), kind: value.kind || kind.gvk.kind };
}

/** Duplicates of the top object stay its own when it was copied. */
function renamed(parsed: ParsedJson, named: object): ReadonlyMap<object, readonly string[]> {
  const top = parsed.duplicates.get(parsed.value as object);
  if (top === undefined || named === parsed.value) return parsed.duplicates;
  return new Map([...parsed.duplicates, [named, top]]);
}

function splitApiVersion(apiVersion: unknown): { group: string; version: string } {
  const text = String(apiVersion ?? '');
  const slash = text.indexOf('/');
  return slash === -1
    ? { group: '', version: text }
    : { group: text.slice(0, slash), version: text.slice(slash + 1) };
}

function cannotBeHandled(kind: KindSchema, value: Record<string, unknown>, problem: string) {
  const { version } = splitApiVersion(value.apiVersion);
  return badRequest(
    `${String(value.kind)} in version ${JSON.stringify(version)} cannot be handled as a ${kind.gvk.kind}: ${problem}`,
  );
}

function kindMismatch(kind: KindSchema, value: Record<string, unknown>): string | undefined {
  if (value.kind === undefined || value.kind === kind.gvk.kind) return undefined;
  const { version } = splitApiVersion(value.apiVersion);
  const hub = kind.gvk.group === '' ? 'core' : kind.gvk.group.split('.')[0];
  return `converting (${version}.${value.kind}) to (${hub}.${kind.gvk.kind}): unknown conversion`;
}

function versionMismatch(kind: KindSchema, value: Record<string, unknown>) {
  if (value.apiVersion === groupVersion(kind)) return undefined;
  return badRequest(
    `the API version in the data (${String(value.apiVersion)}) does not match the expected API version (${groupVersion(kind)})`,
  );
}
