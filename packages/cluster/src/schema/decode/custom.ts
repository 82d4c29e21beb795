import { builtinTable } from '../builtin/table.ts';
import type { CompiledVersion, KubeObject } from '../types.ts';
import { decodeAs, isObject } from './go.ts';
import type { ParsedOutcome } from './index.ts';

/** Decodes a custom resource: metadata as Go reads it, everything else pruned by the schema. */
export function decodeCustom(
  kind: CompiledVersion,
  value: Record<string, unknown>,
  duplicates: ReadonlyMap<object, readonly string[]>,
): ParsedOutcome {
  const metadata = decodeMetadata(value.metadata ?? {});
  if (metadata.error !== undefined) return { strict: [], error: metadata.error };
  const object = structuredClone({ ...value, metadata: metadata.value }) as KubeObject;
  const pruned = kind.prune(object).toSorted();
  const unknown = [...metadata.unknown, ...pruned].map((path) => `unknown field ${JSON.stringify(path)}`);
  return { object, strict: [...duplicateFields(value, duplicates), ...unknown] };
}

function decodeMetadata(metadata: unknown): { value?: unknown; unknown: string[]; error?: string } {
  const node = builtinTable().node('~meta.v1.ObjectMeta');
  const { value, strict, error } = decodeAs(node, metadata, new Map());
  if (error !== undefined) return { unknown: [], error };
  const unknown = strict.map((text) => `metadata.${/"(.*)"$/.exec(text)![1]}`).toSorted();
  return { value, unknown };
}

/** Duplicate keys anywhere, in the order of the document. */
function duplicateFields(
  value: unknown,
  duplicates: ReadonlyMap<object, readonly string[]>,
  path = '',
): string[] {
  if (duplicates.size === 0 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => duplicateFields(item, duplicates, `${path}[${index}]`));
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const own = (duplicates.get(value) ?? []).map((key) => `duplicate field ${JSON.stringify(at(key))}`);
  return [
    ...(isObject(value)
      ? Object.entries(value).flatMap(([key, item]) => duplicateFields(item, duplicates, at(key)))
      : []),
    ...own,
  ];
}
