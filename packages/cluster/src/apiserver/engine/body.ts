import { parse } from 'yaml';
import { badRequest, unsupportedMediaType } from '../errors.ts';
import type { ApiRequest } from '../request.ts';
import { decodeProtobuf } from '../wire/decode.ts';

export const objectMediaTypes = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
];

export const maximumBody = 3 * 1024 * 1024;

export function mediaType(request: ApiRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/** The body as JSON text or parsed value; undefined when there is none. */
export async function readObject(request: ApiRequest): Promise<string | object | undefined> {
  if (request.body.length === 0) return undefined;
  switch (mediaType(request)) {
    case '':
    case 'application/json':
      return request.body.toString('utf8');
    case 'application/yaml':
      return parseYaml(request.body.toString('utf8'));
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(request.body);
    default:
      throw unsupportedMediaType(objectMediaTypes);
  }
}

export function parseYaml(text: string): object {
  try {
    const value = parse(text, { version: '1.1', merge: true });
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
  throw badRequest('the object provided is unrecognized (must be of type Object)');
}
