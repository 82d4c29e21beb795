import type { CompiledCrd, CompiledVersion } from '../types.ts';
import type { Json } from './types.ts';

/** `boats.example.com/v1` Boat → `com.example.boats.v1.Boat`. */
export function customDefinition(group: string, version: string, kind: string): string {
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`;
}

export const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
export const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

/** The definitions of a custom kind and of its list. */
export function customDefinitions(
  crd: CompiledCrd,
  version: CompiledVersion,
  reference: (name: string) => Json,
  v3: boolean,
): Json {
  const { group, kind } = crd;
  const name = customDefinition(group, version.gvk.version, kind);
  const gvk = { group, version: version.gvk.version };
  return {
    [name]: kindSchema(version, gvk, kind, reference, v3),
    [`${name}List`]: {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        items: { type: 'array', items: reference(name) },
        kind: { type: 'string' },
        metadata: reference(listMeta),
      },
      'x-kubernetes-group-version-kind': [{ ...gvk, kind: `${kind}List` }],
    },
  };
}

function kindSchema(
  version: CompiledVersion,
  gvk: Json,
  kind: string,
  reference: (name: string) => Json,
  v3: boolean,
): Json {
  const raw = (version.rawSchema ?? { type: 'object' }) as Json;
  const schema = v3 ? raw : toV2(raw);
  const keepsAll = !v3 && raw['x-kubernetes-preserve-unknown-fields'] === true;
  const own = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: reference(objectMeta) };
  const properties = keepsAll ? undefined : { ...schema.properties, ...own };
  return {
    ...schema,
    ...(properties && { properties }),
    'x-kubernetes-group-version-kind': [{ ...gvk, kind }],
  };
}

const v3Only = ['oneOf', 'anyOf', 'allOf', 'not', 'nullable', 'x-kubernetes-validations'];

/** OpenAPI v2 cannot say as much: what it cannot say is left open. */
function toV2(raw: Json): Json {
  const out: Json = { ...raw };
  for (const key of v3Only) delete out[key];
  if (raw.nullable || raw['x-kubernetes-int-or-string']) {
    for (const key of ['type', 'items', 'properties', 'additionalProperties', 'enum', 'format', 'required'])
      delete out[key];
    return out;
  }
  if (raw['x-kubernetes-preserve-unknown-fields']) {
    for (const key of ['items', 'properties', 'additionalProperties', 'required']) delete out[key];
    return out;
  }
  if (raw.properties) out.properties = mapValues(raw.properties, toV2);
  if (typeof raw.items === 'object') out.items = toV2(raw.items);
  if (typeof raw.additionalProperties === 'object') out.additionalProperties = toV2(raw.additionalProperties);
  return out;
}

function mapValues(object: Json, map: (value: any) => unknown): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
