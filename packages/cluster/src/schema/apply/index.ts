import { parseDocument } from 'yaml';
import { builtinTable } from '../builtin/table.ts';
import { isObject } from '../decode/go.ts';
import { canonicalObject } from '../decode/index.ts';
import { badRequest } from '../failure.ts';
import { marshal, quote } from '../gotext.ts';
import { deepEqual } from '../patch/json.ts';
import type { ApiFailure, Decoded, FieldValidation, KindSchema, KubeObject, SchemaNode } from '../types.ts';
import { typeProblems } from './check.ts';
import {
  capManagers,
  type ManagerEntry,
  type Managers,
  managerKey,
  readManagers,
  writeManagers,
} from './managers.ts';
import { FieldSet, printPath } from './set.ts';
import { mergeTyped, removeItems, toFieldSet, withNamedFields } from './typed.ts';
import {
  type Conflict,
  compareWithout,
  resetFields,
  takeFromOthers,
  trackUpdate,
  withoutSystemFields,
} from './update.ts';

export interface ServerSideApply {
  readonly kind: KindSchema;
  /** Absent when the object does not exist yet: the outcome is then what to create. */
  readonly live?: KubeObject;
  /** The raw body (YAML or JSON) of the apply patch. */
  readonly body: string | Uint8Array;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string;
  /** RFC 3339 time in whole seconds. */
  readonly time: string;
  readonly fieldValidation: FieldValidation;
}

/**
 * Merges an applied configuration into the live object. The outcome carries new `metadata.managedFields`; it is neither
 * defaulted nor validated, and needs no further tracking. An application that changes nothing gives back `live`.
 */
export function serverSideApply(input: ServerSideApply): Decoded {
  const text = typeof input.body === 'string' ? input.body : new TextDecoder().decode(input.body);
  const parsed = readConfiguration(text);
  if ('code' in parsed) return { warnings: [], error: parsed };
  const kind = withMetadata(input.kind);
  const config = parsed.value;
  const error = wrongConfiguration(kind, config);
  if (error !== undefined) return { warnings: [], error };
  return applyConfiguration({ ...input, kind }, config);
}

function readConfiguration(text: string): { value: KubeObject } | ApiFailure {
  const document = parseDocument(text, { version: '1.1', merge: true, uniqueKeys: false });
  const [problem] = document.errors;
  if (problem !== undefined) return badRequest(`error decoding YAML: ${problem.message.split('\n')[0]}`);
  const value = document.toJS({ maxAliasCount: 100 });
  return isObject(value)
    ? { value: value as KubeObject }
    : badRequest('error decoding YAML: the body is no object');
}

/** Custom kinds have the metadata of every object. */
function withMetadata(kind: KindSchema): KindSchema {
  if (!kind.custom) return kind;
  const metadata = builtinTable().node('~meta.v1.ObjectMeta');
  const root: SchemaNode = Object.create(kind.root, {
    field: {
      value: (name: string) =>
        name === 'metadata' ? metadata : (kind.root.field(name) ?? implicitField(name)),
    },
  });
  return Object.create(kind, { root: { value: root } });
}

const text: SchemaNode = {
  type: 'string',
  field: () => undefined,
  fieldNames: () => [],
  items: () => undefined,
  required: [],
};

function implicitField(name: string): SchemaNode | undefined {
  return name === 'apiVersion' || name === 'kind' ? text : undefined;
}

function apiVersionOf(kind: KindSchema): string {
  return kind.gvk.group === '' ? kind.gvk.version : `${kind.gvk.group}/${kind.gvk.version}`;
}

function wrongConfiguration(kind: KindSchema, config: KubeObject): ApiFailure | undefined {
  if ((config.metadata?.managedFields ?? []).length > 0)
    return badRequest('metadata.managedFields must be nil');
  const expected = apiVersionOf(kind);
  if (config.apiVersion !== expected) {
    return badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${config.apiVersion ?? ''}, expected: ${expected}`,
    );
  }
  const problems = typeProblems(kind.root, config);
  if (problems.length === 0) return undefined;
  const { name = '', namespace = '' } = config.metadata ?? {};
  const what = `${namespace}/${name}; ${kind.gvk.group}/${kind.gvk.version}, Kind=${kind.gvk.kind}`;
  const list =
    problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
  return { code: 500, reason: '', message: `failed to create typed patch object (${what}): ${list}` };
}

function strip({ ...object }: KubeObject): KubeObject {
  const { managedFields: _managed, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

function applyConfiguration(input: ServerSideApply, config: KubeObject): Decoded {
  const { kind, manager, subresource } = input;
  const apiVersion = apiVersionOf(kind);
  const live = strip(input.live ?? ({ apiVersion, kind: kind.gvk.kind, metadata: {} } as KubeObject));
  const managers = managersOf(input, live);
  const ignored = resetFields(kind, subresource, [live, config]);
  const set = withoutSystemFields(toFieldSet(kind.root, config).recursiveDifference(ignored));
  const entry: ManagerEntry = {
    manager,
    operation: 'Apply',
    apiVersion,
    ...(subresource && { subresource }),
    set,
  };
  const key = managerKey(entry);
  const last = managers.get(key);
  managers.set(key, { ...entry, ...(last?.time && { time: last.time }) });
  const merged = prune(kind, mergeTyped(kind.root, live, config) as KubeObject, managers, last?.set);
  const result = canonicalObject(kind, merged);
  const changes = compareWithout(kind, live, result, ignored);
  const conflicts = takeFromOthers(managers, key, changes);
  const refused = input.force ? [] : refusedConflicts(input, live, conflicts);
  if (refused.length > 0) return { warnings: [], error: conflictFailure(refused) };
  const changed = !deepEqual(live, result);
  if (changed) managers.set(key, { ...managers.get(key)!, time: input.time });
  const object = changed ? withLastApplied(input, result, config) : live;
  const managedFields = writeManagers(managers);
  return {
    object: { ...object, metadata: { ...object.metadata, ...(managedFields && { managedFields }) } },
    warnings: [],
  };
}

/** Who manages the live object; fields that nobody ever managed belong to those before the first apply. */
function managersOf(input: ServerSideApply, live: KubeObject): Managers {
  const managers = readManagers(input.live?.metadata.managedFields);
  if (managers.size > 0 || input.live === undefined) return managers;
  const empty = { apiVersion: live.apiVersion, kind: live.kind, metadata: {} } as KubeObject;
  const writer = { manager: 'before-first-apply', apiVersion: live.apiVersion, time: input.time };
  trackUpdate(input.kind, managers, empty, live, writer);
  return managers;
}

/** Drops what the manager applied before and does not any more, unless somebody else holds it. */
function prune(
  kind: KindSchema,
  merged: KubeObject,
  managers: Managers,
  last: FieldSet | undefined,
): KubeObject {
  if (last === undefined || last.empty) return merged;
  const { root } = kind;
  const named = (set: FieldSet) => withNamedFields(root, set);
  let pruned = removeItems(root, merged, named(last));
  const managed = [...managers.values()].reduce((all, entry) => all.union(entry.set), new FieldSet());
  const mergedSet = named(toFieldSet(root, merged));
  const keep = named(toFieldSet(root, pruned ?? {})).union(named(managed));
  pruned = removeItems(root, merged, mergedSet.difference(keep));
  const prunedSet = named(toFieldSet(root, pruned ?? {}));
  const gone = mergedSet.difference(prunedSet).intersection(named(last));
  return (removeItems(root, merged, gone) ?? merged) as KubeObject;
}

/** kubectl may take over what its own client-side apply set. */
function refusedConflicts(
  input: ServerSideApply,
  live: KubeObject,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  if (input.manager !== 'kubectl' || conflicts.length === 0) return conflicts;
  const lastApplied = parseLastApplied(live);
  if (lastApplied === undefined || lastApplied.apiVersion !== apiVersionOf(input.kind)) return conflicts;
  const { added, modified, removed } = compareWithout(input.kind, lastApplied, live, new FieldSet());
  const own = toFieldSet(input.kind.root, lastApplied)
    .difference(modified)
    .difference(added)
    .difference(removed);
  const paths = new Set(own.paths().map(printPath));
  return conflicts.filter(({ path }) => !paths.has(printPath(path)));
}

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

function parseLastApplied(live: KubeObject): KubeObject | undefined {
  const annotation = live.metadata.annotations?.[lastAppliedAnnotation];
  if (!annotation) return undefined;
  try {
    return JSON.parse(annotation);
  } catch {
    return undefined;
  }
}

/** kubectl's annotation follows what it applies on the server, where there is one. */
function withLastApplied(input: ServerSideApply, result: KubeObject, config: KubeObject): KubeObject {
  const existing = result.metadata.annotations?.[lastAppliedAnnotation];
  if (input.manager !== 'kubectl' || !existing) return result;
  const { [lastAppliedAnnotation]: _own, ...annotations } = config.metadata.annotations ?? {};
  const metadata = { ...config.metadata, ...(config.metadata.annotations && { annotations }) };
  const written = `${marshal({ ...config, metadata })}\n`;
  const all = { ...result.metadata.annotations, [lastAppliedAnnotation]: written };
  return { ...result, metadata: { ...result.metadata, annotations: all } };
}

function conflictFailure(conflicts: readonly Conflict[]): ApiFailure {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(entry)}`,
    field: printPath(path),
  }));
  return { code: 409, reason: 'Conflict', message: conflictText(conflicts), details: { causes } };
}

function conflictText(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${printManager(first!.entry)}: ${printPath(first!.path)}`;
  }
  const names = [...new Set(conflicts.map(({ entry }) => managerKey(entry)))].toSorted();
  const lines = names.flatMap((name) => {
    const own = conflicts.filter(({ entry }) => managerKey(entry) === name);
    return [
      `conflicts with ${printManager(own[0]!.entry)}:`,
      ...own.map(({ path }) => `- ${printPath(path)}`),
    ];
  });
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function printManager(entry: ManagerEntry): string {
  const name = `${quote(entry.manager)}${entry.subresource ? ` with subresource ${quote(entry.subresource)}` : ''}`;
  return entry.operation === 'Update' ? `${name} using ${entry.apiVersion}` : name;
}

export interface TrackManagedFields {
  readonly kind: KindSchema;
  /** The stored object; absent on create. */
  readonly before?: KubeObject;
  /** What is about to be stored: defaulted, admitted. */
  readonly after: KubeObject;
  readonly manager: string;
  readonly subresource?: string;
  readonly time: string;
}

/**
 * Attributes what an ordinary write changed to its manager; new `metadata.managedFields` are set in `after`, which is
 * returned. Nothing is tracked when they were cleared with `[{}]`, and an update that changes nothing keeps them.
 */
export function trackManagedFields(input: TrackManagedFields): KubeObject {
  const { before, after, manager, subresource, time } = input;
  const kind = withMetadata(input.kind);
  const managers = managersAfter(input);
  const tracked = managers.size > 0 || before === undefined;
  if (tracked) {
    const empty = { apiVersion: after.apiVersion, kind: after.kind, metadata: {} } as KubeObject;
    const old = before === undefined ? empty : strip(before);
    const writer = { manager, apiVersion: apiVersionOf(kind), ...(subresource && { subresource }), time };
    trackUpdate(kind, managers, old, strip(after), writer);
    capManagers(managers);
  }
  const managedFields = writeManagers(managers);
  if (managedFields === undefined) delete after.metadata.managedFields;
  else after.metadata.managedFields = managedFields;
  return after;
}

/** A request may set the managed fields itself, unless it goes through a subresource. */
function managersAfter({ before, after, subresource }: TrackManagedFields): Managers {
  const live = before?.metadata.managedFields;
  if (subresource) return readManagers(live);
  const given = after.metadata.managedFields;
  if (given?.length === 1 && Object.keys(given[0] as object).length === 0) return new Map();
  const managers = readManagers(given);
  return managers.size > 0 ? managers : readManagers(live);
}
