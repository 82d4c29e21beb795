import { ApiError } from '../errors.ts';

/** How an answer's objects are represented. */
export interface Representation {
  readonly as: 'object' | 'table' | 'partial';
  readonly yaml: boolean;
  /** `v1` or `v1beta1` of meta.k8s.io, for tables and metadata. */
  readonly version: string;
  readonly contentType: string;
}

interface Accepted {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const plainJson: Representation = {
  as: 'object',
  yaml: false,
  version: 'v1',
  contentType: 'application/json',
};

/** Picks what the Accept header wants first of what there is. */
export function negotiate(accept: string | undefined, custom: boolean): Representation {
  if (accept === undefined || accept === 'application/json') return plainJson;
  for (const wanted of parseAccept(accept)) {
    const found = represent(wanted);
    if (found) return found;
  }
  throw notAcceptable(accept, custom);
}

const available = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** A known type in an unknown form is another refusal than an unknown type. */
function notAcceptable(accept: string, custom: boolean): ApiError {
  const list = available.join(', ');
  const known = custom || parseAccept(accept).some(({ type }) => available.includes(type));
  if (known)
    return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${list}`);
  return new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${list}`, {});
}

function represent({ type, parameters }: Accepted): Representation | undefined {
  const yaml = type === 'application/yaml';
  if (!yaml && !['application/json', 'application/*', '*/*', ''].includes(type)) return undefined;
  const as = parameters.as ?? '';
  const contentType = yaml ? 'application/yaml' : 'application/json';
  if (as === '') return { as: 'object', yaml, version: 'v1', contentType };
  const version = parameters.v ?? 'v1';
  if (parameters.g !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(version)) return undefined;
  if (as === 'Table') return { as: 'table', yaml, version, contentType };
  const partial = as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
  return partial ? { as: 'partial', yaml, version, contentType } : undefined;
}

export function parseAccept(accept: string): Accepted[] {
  return accept.split(',').map((part) => {
    const [type = '', ...rest] = part.split(';').map((text) => text.trim());
    const parameters: Record<string, string> = {};
    for (const text of rest) {
      const at = text.indexOf('=');
      if (at > 0) parameters[text.slice(0, at)] = text.slice(at + 1);
    }
    return { type: type.toLowerCase(), parameters };
  });
}
