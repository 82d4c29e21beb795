import { messageOf } from '@lateen/xds/schema';

type Json = Readonly<Record<string, any>>;

/** Canonical JSON of a message with its fields named and ordered as in the proto file, as Envoy dumps it. */
export function protoNames(value: Json, type: string): Json {
  const own = value['@type'] === undefined ? type : String(value['@type']).replace(/^.*\//, '');
  const message = messageOf(own);
  if (!message) return value;
  const result: Record<string, unknown> = value['@type'] === undefined ? {} : { '@type': value['@type'] };
  for (const field of message.fields) {
    const inner = value[field.name];
    if (inner === undefined) continue;
    result[field.protoName] =
      field.kind === 'message'
        ? nested(inner, field.type, field.repeated, field.mapKey !== undefined)
        : inner;
  }
  return result;
}

function nested(value: unknown, type: string, repeated: boolean, map: boolean): unknown {
  if (repeated && Array.isArray(value)) return value.map((item) => nested(item, type, false, false));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (map)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, nested(item, type, false, false)]),
    );
  if (type === 'google.protobuf.Struct' || type === 'google.protobuf.Value') return value;
  return protoNames(value as Json, type);
}

/** JSON in Envoy's layout: one blank of indentation a level, a newline at the end. */
export const pretty = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
