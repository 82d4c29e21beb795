import { badRequest } from '../errors.ts';
import { Reader } from './reader.ts';

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

type Field = { name: string; type: string; repeated: boolean; map: boolean };
type Message = Map<number, Field>;

/**
 * Decodes an object in Kubernetes' protobuf encoding to what the same object is in JSON. Field numbers are loaded with
 * the first such request, because only some commands of kubectl send it.
 */
export async function decodeProtobuf(body: Buffer): Promise<object> {
  if (!body.subarray(0, 4).equals(magic)) {
    throw badRequest(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  }
  const { wireMessages } = await import('../gen/wire.ts');
  const decoder = new Decoder(wireMessages);
  try {
    return decoder.unknown(body.subarray(4));
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('proto: the message is malformed');
    throw error;
  }
}

class Decoder {
  readonly #table: Readonly<Record<string, string>>;
  readonly #messages = new Map<string, Message>();

  constructor(table: Readonly<Record<string, string>>) {
    this.#table = table;
  }

  /** The envelope: type and raw bytes. */
  unknown(bytes: Buffer): object {
    const envelope: any = this.message('apimachinery.pkg.runtime.Unknown', bytes);
    const { apiVersion = '', kind = '' } = envelope.typeMeta ?? {};
    const raw = Buffer.from(envelope.raw ?? '', 'base64');
    if ((envelope.contentType ?? '') === 'application/json') return JSON.parse(raw.toString('utf8'));
    const type = this.#typeFor(apiVersion, kind);
    if (!type)
      throw badRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
      );
    return { apiVersion, kind, ...(this.message(type, raw) as object) };
  }

  #typeFor(apiVersion: string, kind: string): string | undefined {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
    const short = group!.replace(/\.k8s\.io$/, '').replace(/\.authorization$|\.apiserver$/, '');
    const candidates = [
      `api.${short}.${version}.${kind}`,
      `apiextensions_apiserver.pkg.apis.${short}.${version}.${kind}`,
      `kube_aggregator.pkg.apis.${short}.${version}.${kind}`,
      `apimachinery.pkg.apis.meta.v1.${kind}`,
    ];
    return candidates.find((name) => this.#table[name] !== undefined);
  }

  message(type: string, bytes: Buffer): unknown {
    const message = this.#fields(type);
    const reader = new Reader(bytes);
    const out: Record<string, any> = {};
    while (!reader.done) {
      const { number, wireType } = reader.tag();
      const field = message.get(number);
      if (!field) {
        reader.skip(wireType);
        continue;
      }
      if (field.map) this.#mapEntry(out, field, reader.bytes());
      else if (!field.repeated) this.#set(out, field, this.#value(field.type, reader, wireType));
      else {
        out[field.name] ??= [];
        out[field.name].push(this.#value(field.type, reader, wireType));
      }
    }
    return specialValue(type, out);
  }

  /** Fields that JSON puts among those of the message around them, and values that JSON leaves out, are undone here. */
  #set(out: Record<string, any>, field: Field, value: unknown): void {
    if (inlined.has(field.name) && typeof value === 'object' && value !== null) Object.assign(out, value);
    else if (value !== '' && value !== null) out[field.name] = value;
  }

  #mapEntry(out: Record<string, any>, field: Field, bytes: Buffer): void {
    const reader = new Reader(bytes);
    let key = '';
    let value: unknown = defaultOf(field.type);
    while (!reader.done) {
      const { number, wireType } = reader.tag();
      if (number === 1) key = reader.bytes().toString('utf8');
      else value = this.#value(field.type, reader, wireType);
    }
    out[field.name] ??= {};
    out[field.name][key] = value;
  }

  #value(type: string, reader: Reader, wireType: number): unknown {
    switch (type) {
      case 'string':
        return reader.bytes().toString('utf8');
      case 'bytes':
        return reader.bytes().toString('base64');
      case 'bool':
        return reader.varint() !== 0n;
      case 'double':
        return reader.double();
      case 'int32':
      case 'int64':
      case 'uint32':
      case 'uint64':
        return Number(BigInt.asIntN(64, reader.varint()));
      default:
        if (wireType !== 2) throw new RangeError(`wire type ${wireType} for ${type}`);
        return this.message(type, reader.bytes());
    }
  }

  #fields(type: string): Message {
    let message = this.#messages.get(type);
    if (!message) {
      message = new Map();
      for (const text of (this.#table[type] ?? '').split(' ')) {
        const [number, name = '', kind = ''] = text.split(':');
        const repeated = kind.startsWith('*');
        const map = kind.startsWith('%');
        message.set(Number(number), { name, type: repeated || map ? kind.slice(1) : kind, repeated, map });
      }
      this.#messages.set(type, message);
    }
    return message;
  }
}

const inlined: ReadonlySet<string> = new Set([
  'volumeSource',
  'persistentVolumeSource',
  'handler',
  'localObjectReference',
  'ephemeralContainerCommon',
  'ingressRuleValue',
  'ruleWithOperations',
  'rule',
  'deviceConfiguration',
]);

function defaultOf(type: string): unknown {
  return type === 'string' || type === 'bytes'
    ? ''
    : type === 'bool'
      ? false
      : type.startsWith('int')
        ? 0
        : {};
}

/** Types whose JSON is not that of a message. */
function specialValue(type: string, value: Record<string, any>): unknown {
  switch (type) {
    case 'apimachinery.pkg.api.resource.Quantity':
      return value.string ?? '0';
    case 'apimachinery.pkg.apis.meta.v1.Time':
      return time(value, 0);
    case 'apimachinery.pkg.apis.meta.v1.MicroTime':
      return time(value, 6);
    case 'apimachinery.pkg.util.intstr.IntOrString':
      return value.type === 1 ? (value.strVal ?? '') : (value.intVal ?? 0);
    case 'apimachinery.pkg.apis.meta.v1.FieldsV1':
      return JSON.parse(Buffer.from(value.Raw ?? '', 'base64').toString('utf8') || '{}');
    case 'apimachinery.pkg.runtime.RawExtension':
      return JSON.parse(Buffer.from(value.raw ?? '', 'base64').toString('utf8') || 'null');
    case 'api.core.v1.EnvVar':
    case 'api.core.v1.ContainerPort':
      return value;
    default:
      // A named list such as authorization's ExtraValue is its list.
      return value.items && type.endsWith('ExtraValue') ? value.items : value;
  }
}

function time(value: { seconds?: number; nanos?: number }, digits: number): string | null {
  if (value.seconds === undefined && value.nanos === undefined) return null;
  const base = new Date((value.seconds ?? 0) * 1000).toISOString().slice(0, 19);
  return digits === 0
    ? `${base}Z`
    : `${base}.${String(Math.trunc((value.nanos ?? 0) / 1000)).padStart(6, '0')}Z`;
}
