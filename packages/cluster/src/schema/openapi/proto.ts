import type { Json } from './types.ts';

/** OpenAPI v2 documents in gnostic's protobuf messages, of which kubectl reads definitions and patch operations. */

const encoder = new TextEncoder();

/** Writes one message. */
class Message {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  private push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  bytes(field: number, value: Uint8Array): this {
    this.push(varint((field << 3) | 2));
    this.push(varint(value.length));
    this.push(value);
    return this;
  }

  text(field: number, value: unknown): this {
    return typeof value === 'string' && value !== '' ? this.bytes(field, encoder.encode(value)) : this;
  }

  texts(field: number, values: readonly string[] | undefined): this {
    for (const value of values ?? []) this.bytes(field, encoder.encode(value));
    return this;
  }

  integer(field: number, value: unknown): this {
    if (typeof value !== 'number' || value === 0) return this;
    this.push(varint(field << 3));
    this.push(varint(value));
    return this;
  }

  double(field: number, value: unknown): this {
    if (typeof value !== 'number' || value === 0) return this;
    this.push(varint((field << 3) | 1));
    const chunk = new Uint8Array(8);
    new DataView(chunk.buffer).setFloat64(0, value, true);
    this.push(chunk);
    return this;
  }

  flag(field: number, value: unknown): this {
    return value === true ? this.integer(field, 1) : this;
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, offset);
      offset += chunk.length;
    }
    return out;
  }
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** A value of any kind is YAML text; JSON is YAML. */
function any(value: unknown): Message {
  return new Message().text(2, `${JSON.stringify(value)}\n`);
}

function extensions(message: Message, field: number, object: Json): Message {
  for (const [name, value] of Object.entries(object)) {
    if (name.startsWith('x-')) message.message(field, new Message().text(1, name).message(2, any(value)));
  }
  return message;
}

export function encodeDocument(document: Json): Uint8Array {
  const paths = new Message();
  for (const [name, item] of Object.entries(document.paths as Json)) {
    paths.message(2, new Message().text(1, name).message(2, pathItem(item)));
  }
  return new Message()
    .text(1, document.swagger)
    .message(2, new Message().text(1, document.info.title).text(2, document.info.version))
    .message(8, paths)
    .message(9, namedSchemas(document.definitions))
    .finish();
}

const pathFields: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(item: Json): Message {
  const message = new Message();
  for (const [method, operation] of Object.entries(item)) {
    const field = pathFields[method];
    if (field !== undefined) message.message(field, operationMessage(operation));
  }
  return message;
}

function operationMessage(operation: Json): Message {
  const message = new Message().text(5, operation.operationId).texts(7, operation.consumes);
  for (const parameter of operation.parameters ?? []) message.message(8, parameterItem(parameter));
  const ok = new Message().text(1, '200').message(2, new Message().message(1, new Message().text(1, 'OK')));
  message.message(9, new Message().message(1, ok));
  return extensions(message, 13, operation);
}

/** ParametersItem › Parameter › NonBodyParameter › QueryParameterSubSchema. */
function parameterItem(parameter: Json): Message {
  const query = new Message()
    .text(2, 'query')
    .text(4, parameter.name)
    .text(6, parameter.type)
    .flag(20, parameter.uniqueItems);
  return new Message().message(1, new Message().message(2, new Message().message(3, query)));
}

function namedSchemas(schemas: Json): Message {
  const message = new Message();
  for (const [name, schema] of Object.entries(schemas)) {
    message.message(1, new Message().text(1, name).message(2, schemaMessage(schema)));
  }
  return message;
}

function schemaMessage(schema: Json): Message {
  const message = new Message()
    .text(1, schema.$ref)
    .text(2, schema.format)
    .text(3, schema.title)
    .text(4, schema.description)
    .double(6, schema.multipleOf)
    .double(7, schema.maximum)
    .flag(8, schema.exclusiveMaximum)
    .double(9, schema.minimum)
    .flag(10, schema.exclusiveMinimum)
    .integer(11, schema.maxLength)
    .integer(12, schema.minLength)
    .text(13, schema.pattern)
    .integer(14, schema.maxItems)
    .integer(15, schema.minItems)
    .flag(16, schema.uniqueItems)
    .integer(17, schema.maxProperties)
    .integer(18, schema.minProperties)
    .texts(19, schema.required);
  if (schema.default !== undefined) message.message(5, any(schema.default));
  for (const value of schema.enum ?? []) message.message(20, any(value));
  if (schema.additionalProperties !== undefined)
    message.message(21, additionalItem(schema.additionalProperties));
  if (schema.type !== undefined) message.message(22, new Message().texts(1, [schema.type]));
  if (schema.items !== undefined) message.message(23, new Message().message(1, schemaMessage(schema.items)));
  if (schema.properties !== undefined) message.message(25, namedSchemas(schema.properties));
  return extensions(message, 31, schema);
}

function additionalItem(additional: Json | boolean): Message {
  if (typeof additional === 'boolean') return new Message().flag(2, additional);
  return new Message().message(1, schemaMessage(additional));
}
