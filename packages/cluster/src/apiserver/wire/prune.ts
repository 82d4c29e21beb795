import type { SchemaNode } from '../../schema/index.ts';

/**
 * Protobuf writes plain fields even when they are empty, JSON leaves them out: removes those that Go's `omitempty`
 * would have removed, in place.
 */
export function pruneEmpty(node: SchemaNode | undefined, value: unknown): void {
  if (!node || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) pruneEmpty(node.items(), item);
    return;
  }
  const record = value as Record<string, unknown>;
  for (const [name, inner] of Object.entries(record)) {
    const field = node.type === 'map' ? node.items() : node.field(name);
    const droppable = node.type !== 'map' && field?.go?.omitEmpty !== false && field?.go?.pointer === false;
    if (droppable && (inner === '' || inner === 0 || inner === false)) delete record[name];
    else pruneEmpty(field, inner);
  }
}
