import type { ApiFailure } from '../schema/types.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The body of an answer that is no object. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** What an error is about: `configmaps "a"`, `deployments.apps "a"`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** A refusal that is answered as a Status object. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      ...(this.message && { message: this.message }),
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps`, `configmaps`. */
export function qualified(about: GroupResource): string {
  return about.group === '' ? about.resource : `${about.resource}.${about.group}`;
}

function detailsOf(about: GroupResource, name: string): StatusDetails {
  return { ...(name && { name }), ...(about.group && { group: about.group }), kind: about.resource };
}

export function notFound(about: GroupResource, name: string): ApiError {
  return new ApiError(
    404,
    'NotFound',
    `${qualified(about)} ${quote(name)} not found`,
    detailsOf(about, name),
  );
}

export function alreadyExists(about: GroupResource, name: string): ApiError {
  const text = `${qualified(about)} ${quote(name)} already exists`;
  return new ApiError(409, 'AlreadyExists', text, detailsOf(about, name));
}

export function conflict(about: GroupResource, name: string, why: string): ApiError {
  const text = `Operation cannot be fulfilled on ${qualified(about)} ${quote(name)}: ${why}`;
  return new ApiError(409, 'Conflict', text, detailsOf(about, name));
}

export const modified =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(about: GroupResource, name: string, why: string): ApiError {
  const subject = name === '' ? qualified(about) : `${qualified(about)} ${quote(name)}`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(about, name));
}

/** A 422 about `kind` (with its group) from the causes that validation found. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const texts = causes.map((cause) => `${cause.field ?? '<nil>'}: ${cause.message}`);
  const text = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${subject} ${quote(name)} is invalid: ${text}`, {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes,
  });
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function internal(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: '', message }],
  });
}

export function gone(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function unsupportedMediaType(allowed: readonly string[]): ApiError {
  const text = `the body of the request was in an unknown format - accepted media types include: ${allowed.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', text);
}

/** What a route answers whose resource is built in. */
export function unsupportedByRoute(): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export function fromFailure(failure: ApiFailure): ApiError {
  return new ApiError(failure.code, failure.reason, failure.message, failure.details);
}

/** A string as Go's `%q` prints it. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
