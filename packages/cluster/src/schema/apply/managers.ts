import { byteOrder } from '../gotext.ts';
import { FieldSet } from './set.ts';

/** One entry of metadata.managedFields. */
export interface ManagerEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly set: FieldSet;
}

/** Entries by who they belong to. */
export type Managers = Map<string, ManagerEntry>;

/** An Update entry belongs to its version too, an Apply entry does not. */
export function managerKey(
  entry: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>,
): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return JSON.stringify([entry.manager, entry.operation, version, entry.subresource ?? '']);
}

export function readManagers(managedFields: unknown): Managers {
  const out: Managers = new Map();
  for (const raw of Array.isArray(managedFields) ? managedFields : []) {
    if (raw === null || typeof raw !== 'object' || !raw.operation) continue;
    const entry: ManagerEntry = {
      manager: raw.manager ?? '',
      operation: raw.operation,
      apiVersion: raw.apiVersion ?? '',
      ...(raw.subresource && { subresource: raw.subresource }),
      ...(raw.time && { time: raw.time }),
      set: FieldSet.fromJson(raw.fieldsV1),
    };
    out.set(managerKey(entry), entry);
  }
  return out;
}

/** The list as it is stored; undefined when nobody manages anything. */
export function writeManagers(managers: Managers): unknown[] | undefined {
  const entries = [...managers.values()].filter((entry) => !entry.set.empty).toSorted(entryOrder);
  if (entries.length === 0) return undefined;
  return entries.map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time && { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: entry.set.toJson(),
    ...(entry.subresource && { subresource: entry.subresource }),
  }));
}

function entryOrder(a: ManagerEntry, b: ManagerEntry): number {
  return (
    byteOrder(a.operation, b.operation) ||
    byteOrder(a.time ?? '', b.time ?? '') ||
    byteOrder(a.manager, b.manager) ||
    byteOrder(a.apiVersion, b.apiVersion) ||
    byteOrder(a.subresource ?? '', b.subresource ?? '')
  );
}

const maxUpdateManagers = 10;
const bucket = 'ancient-changes';

/** Too many managers that update: the oldest become one. */
export function capManagers(managers: Managers): void {
  const updates = [...managers].filter(([, entry]) => entry.operation === 'Update');
  let excess = updates.length - maxUpdateManagers;
  if (excess <= 0) return;
  const oldest = updates.toSorted(([, a], [, b]) => byteOrder(a.time ?? '', b.time ?? ''));
  for (const [key, entry] of oldest) {
    if (excess < 0) return;
    const target = { ...entry, manager: bucket };
    const existing = managers.get(managerKey(target));
    managers.delete(key);
    managers.set(managerKey(target), {
      ...target,
      set: existing === undefined ? entry.set : existing.set.union(entry.set),
    });
    excess -= 1;
  }
}
