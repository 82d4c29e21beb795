import { hasStatus } from '../builtin/strategy.ts';
import type { KindSchema, KubeObject } from '../types.ts';
import { type ManagerEntry, type Managers, managerKey } from './managers.ts';
import { FieldSet } from './set.ts';
import { type Comparison, compare } from './typed.ts';

/** What managing leaves out of account in every object. */
const systemFields = new FieldSet(
  ['f:apiVersion', 'f:kind', 'f:metadata'],
  [
    [
      'f:metadata',
      new FieldSet([
        'f:name',
        'f:namespace',
        'f:creationTimestamp',
        'f:selfLink',
        'f:uid',
        'f:clusterName',
        'f:generation',
        'f:managedFields',
        'f:resourceVersion',
      ]),
    ],
  ],
);

export function withoutSystemFields(set: FieldSet): FieldSet {
  return set.difference(systemFields);
}

/** Metadata that the status subresource of some kinds resets. */
const statusResets: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['f:labels'],
  Pod: ['f:deletionTimestamp', 'f:ownerReferences'],
};

/** The fields that a write through this (sub)resource cannot change. */
export function resetFields(
  kind: KindSchema,
  subresource: string | undefined,
  objects: readonly unknown[],
): FieldSet {
  if (subresource !== 'status') return hasStatus(kind) ? new FieldSet(['f:status']) : new FieldSet();
  const names = new Set(objects.flatMap((object) => Object.keys((object ?? {}) as object)));
  const members = [...names]
    .filter((name) => name !== 'status' && name !== 'metadata')
    .map((name) => `f:${name}`);
  if (kind.custom) return new FieldSet([...members, 'f:metadata']);
  const metadata = statusResets[kind.gvk.kind];
  return new FieldSet(members, metadata === undefined ? [] : [['f:metadata', new FieldSet(metadata)]]);
}

export function compareWithout(
  kind: KindSchema,
  before: unknown,
  after: unknown,
  ignored: FieldSet,
): Comparison {
  const { added, modified, removed } = compare(kind.root, before, after);
  return {
    added: added.recursiveDifference(ignored),
    modified: modified.recursiveDifference(ignored),
    removed: removed.recursiveDifference(ignored),
  };
}

export interface Conflict {
  readonly entry: ManagerEntry;
  readonly path: readonly string[];
}

/** Takes changed fields from other managers; answers those that they held, before it took them. */
export function takeFromOthers(managers: Managers, own: string, changes: Comparison): Conflict[] {
  const changed = changes.modified.union(changes.added);
  const conflicts: Conflict[] = [];
  for (const [key, entry] of [...managers]) {
    if (key === own) continue;
    const held = entry.set.intersection(changed);
    conflicts.push(...held.paths().map((path) => ({ entry, path })));
    const set = entry.set.difference(held).difference(changes.removed);
    if (set.empty) managers.delete(key);
    else managers.set(key, { ...entry, set });
  }
  return conflicts;
}

export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time: string;
}

/** Attributes the difference of two objects to a writer; whoever scales takes the count from others and is not noted. */
export function trackUpdate(
  kind: KindSchema,
  managers: Managers,
  before: KubeObject,
  after: KubeObject,
  writer: Writer,
): void {
  const ignored = resetFields(kind, writer.subresource, [before, after]);
  const changes = compareWithout(kind, before, after, ignored);
  takeFromOthers(managers, '', changes);
  const set = withoutSystemFields(changes.modified.union(changes.added));
  if (set.empty || writer.subresource === 'scale') return;
  const { manager, apiVersion, subresource, time } = writer;
  const entry: ManagerEntry = {
    manager,
    operation: 'Update',
    apiVersion,
    ...(subresource && { subresource }),
    time,
    set,
  };
  const previous = managers.get(managerKey(entry));
  managers.set(managerKey(entry), { ...entry, set: previous === undefined ? set : set.union(previous.set) });
}
