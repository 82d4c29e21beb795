import { builtinKind } from '../builtin/kind.ts';
import { isObject } from '../decode/go.ts';
import { decodeParsed } from '../decode/index.ts';
import { JsonSyntaxError, type ParsedJson, parseJson } from '../decode/json.ts';
import { typeError } from '../decode/type-error.ts';
import { invalidValue } from '../errors.ts';
import { badRequest, summary } from '../failure.ts';
import { byteOrder, marshal, printValue } from '../gotext.ts';
import type { ApiFailure, Decoded, FieldValidation, KindSchema, KubeObject } from '../types.ts';
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation, sortTouched } from './json.ts';
import { applyMergePatch } from './merge.ts';
import { applyStrategicPatch, StrategicPatchError } from './strategic.ts';
import { unstructuredProblem } from './unstructured.ts';

export interface PatchInput {
  readonly kind: KindSchema;
  readonly live: KubeObject;
  readonly type: 'json' | 'merge' | 'strategic';
  /** The raw body. */
  readonly body: string | Uint8Array;
  readonly fieldValidation: FieldValidation;
}

const maxOperations = 10_000;

/** Applies a JSON, merge or strategic merge patch and decodes the outcome; `live` is not changed. */
export function applyPatch(input: PatchInput): Decoded {
  const text = typeof input.body === 'string' ? input.body : new TextDecoder().decode(input.body);
  try {
    const parsed = parseJson(text);
    if (input.type === 'json') return jsonPatch(input, parsed);
    return input.type === 'merge' ? mergePatch(input, parsed) : strategicPatch(input, parsed);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return refuse(badRequest(syntaxText(input, error.message)));
    if (error instanceof JsonPatchError) return refuse(cannotApply());
    if (error instanceof StrategicPatchError) return refuse(strategicFailure(error));
    throw error;
  }
}

function refuse(error: ApiFailure): Decoded {
  return { warnings: [], error };
}

function syntaxText(input: PatchInput, message: string): string {
  const checked = input.fieldValidation !== 'Ignore' && input.type !== 'strategic';
  return checked ? `error decoding patch: ${message}` : message;
}

/** A JSON patch that fails on this object; kubectl shows the sentence after "The request is invalid". */
function cannotApply(): ApiFailure {
  const message = 'the server rejected our request due to an error in our request';
  return { code: 422, reason: 'Invalid', message, details: {} };
}

function strategicFailure(error: StrategicPatchError): ApiFailure {
  return error.code === 400
    ? badRequest(error.message)
    : { code: error.code, reason: '', message: error.message };
}

function notTheType(value: unknown, type: string): ApiFailure {
  const kind = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  return badRequest(typeError(kind, type, '', ''));
}

function jsonPatch(input: PatchInput, parsed: ParsedJson): Decoded {
  const operations = parsed.value;
  if (!isOperations(operations)) return refuse(notOperations(input, operations));
  if (operations.length > maxOperations) return refuse(tooManyOperations(operations.length));
  const patched = applyJsonPatch(structuredClone(input.live), operations);
  return decodePatched(
    input,
    patched as Record<string, unknown>,
    marshal(sortTouched(patched, operations), true),
    operationProblems(operations),
  );
}

function isOperations(value: unknown): value is JsonPatchOperation[] {
  return Array.isArray(value) && value.every(isObject);
}

function notOperations({ fieldValidation }: PatchInput, operations: unknown): ApiFailure {
  if (Array.isArray(operations)) return notTheType(operations, 'jsonpatch.Operation');
  if (fieldValidation === 'Ignore') return notTheType(operations, 'jsonpatch.Patch');
  return badRequest(`error decoding patch: ${notTheType(operations, '[]handlers.jsonPatchOp').message}`);
}

function tooManyOperations(count: number): ApiFailure {
  const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${count}`;
  return { code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: ${message}` };
}

const operationFields = ['op', 'path', 'from', 'value'];

function operationProblems(operations: readonly JsonPatchOperation[]): string[] {
  return operations.flatMap((operation, index) =>
    Object.keys(operation)
      .filter((key) => !operationFields.includes(key))
      .map((key) => `json patch unknown field "[${index}].${key}"`),
  );
}

function mergePatch(input: PatchInput, parsed: ParsedJson): Decoded {
  if (!isObject(parsed.value)) {
    const type = 'map[string]interface {}';
    const failure = notTheType(parsed.value, type);
    const text =
      input.fieldValidation === 'Ignore' ? 'Invalid JSON Patch' : `error decoding patch: ${failure.message}`;
    return refuse(badRequest(text));
  }
  const patched = applyMergePatch(input.live, parsed.value) as Record<string, unknown>;
  return decodePatched(input, patched, marshal(patched, true), duplicateProblems(parsed));
}

function duplicateProblems(parsed: ParsedJson): string[] {
  return [...parsed.duplicates.values()].flat().map((key) => `duplicate field ${JSON.stringify(key)}`);
}

function strategicPatch(input: PatchInput, parsed: ParsedJson): Decoded {
  if (!isObject(parsed.value)) return refuse(notTheType(parsed.value, 'map[string]interface {}'));
  const patch = structuredClone(parsed.value);
  const patched = applyStrategicPatch(
    input.kind.root,
    structuredClone(input.live) as Record<string, unknown>,
    patch,
  );
  const problem = unstructuredProblem(input.kind.root, patched);
  if (problem !== undefined) return refuse(patchInvalid(printValue(patch), problem));
  return decodePatched(input, patched, printValue(patch), duplicateProblems(parsed));
}

/** Decodes the outcome; its errors quote `shown` as the value of `patch`. */
function decodePatched(
  input: PatchInput,
  patched: Record<string, unknown>,
  shown: string,
  strict: string[],
): Decoded {
  const problem = kindProblem(input, patched);
  if (problem !== undefined) return refuse(patchInvalid(shown, problem));
  const outcome = decodeParsed(input.kind, patched);
  if (outcome.error !== undefined) return refuse(patchInvalid(shown, outcome.error));
  const unknown = input.type === 'strategic' ? outcome.strict.toSorted(byteOrder) : outcome.strict;
  const problems = [...strict, ...unknown];
  if (problems.length > 0 && input.fieldValidation === 'Strict') {
    return refuse(patchInvalid(shown, `strict decoding error: ${problems.join(', ')}`));
  }
  return { object: outcome.object!, warnings: input.fieldValidation === 'Warn' ? problems : [] };
}

function kindProblem({ live }: PatchInput, patched: Record<string, unknown>): string | undefined {
  const { apiVersion, kind } = patched;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') return;
  if (apiVersion === live.apiVersion && kind === live.kind) return;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  if (builtinKind({ group: group!, version: version!, kind })) return;
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`;
}

/** A 422 about no object in particular. */
function patchInvalid(shown: string, problem: string): ApiFailure {
  const errors = [invalidValue('patch', shown, problem)];
  return {
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: ${summary(errors)}`,
    details: { causes: errors },
  };
}
