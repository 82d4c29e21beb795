import { isObject } from '../../decode/go.ts';
import { parseGoDuration } from '../../decode/time.ts';
import type { CustomNode } from '../node.ts';

const reserved: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** How rules write a field: `a-b` is `a__dash__b`, `namespace` is `__namespace__`. */
export function escapeField(name: string): string {
  if (reserved.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** A time or duration as the evaluator wants it. */
export interface WellKnown {
  duration(nanos: number): unknown;
  timestamp(text: string): unknown;
}

/** Turns a value into CEL's by its schema: integers are bigint, objects maps of the fields that the schema knows. */
export function toCel(
  value: unknown,
  node: CustomNode | undefined,
  wellKnown: WellKnown,
  root = false,
): unknown {
  if (value === undefined) return undefined;
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => toCel(item, node?.items(), wellKnown));
  if (isObject(value)) return objectToCel(value, node, wellKnown, root);
  if (typeof value === 'number')
    return node?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  return typeof value === 'string' ? textToCel(value, node, wellKnown) : value;
}

function textToCel(value: string, node: CustomNode | undefined, wellKnown: WellKnown): unknown {
  switch (node?.format) {
    case 'duration': {
      const nanos = parseGoDuration(value);
      return nanos === undefined ? value : wellKnown.duration(nanos);
    }
    case 'date-time':
    case 'date':
      return wellKnown.timestamp(value) ?? value;
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'));
    default:
      return value;
  }
}

function objectToCel(
  value: Record<string, unknown>,
  node: CustomNode | undefined,
  wellKnown: WellKnown,
  root: boolean,
): Map<string, unknown> {
  const out = new Map<string, unknown>();
  const resource = root || node?.embeddedResource === true;
  for (const [key, item] of Object.entries(value)) {
    const child = node?.field(key);
    if (resource && key === 'metadata') out.set(key, metadataToCel(item));
    else if (child !== undefined) out.set(escapeField(key), toCel(item, child, wellKnown));
    else if (resource && (key === 'apiVersion' || key === 'kind')) out.set(key, item);
    else if (node === undefined || node.type === 'any') out.set(key, toCel(item, undefined, wellKnown));
    else if (node.type === 'map') out.set(key, toCel(item, node.items(), wellKnown));
  }
  return out;
}

/** Rules see of metadata only what cannot change. */
function metadataToCel(metadata: unknown): Map<string, unknown> {
  const { name, generateName } = (metadata ?? {}) as Record<string, unknown>;
  const out = new Map<string, unknown>();
  if (name !== undefined) out.set('name', name);
  if (generateName !== undefined) out.set('generateName', generateName);
  return out;
}
