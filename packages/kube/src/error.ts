/** What the API server refused, or why it could not be asked. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status; 0 when no answer came. */
  readonly code: number;
  /** The Status object's reason, such as `NotFound`; `Unreachable` when no answer came. */
  readonly reason: string;
  /** The Status object's details, such as the causes of an Invalid answer. */
  readonly details: unknown;

  constructor(code: number, reason: string, message: string, details?: unknown, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The error for an answer with this HTTP status and body, which is a Status object or any text. */
export function errorFromResponse(code: number, body: Buffer, what: string): KubeError {
  const text = body.toString('utf8');
  try {
    const status = JSON.parse(text);
    if (status?.kind === 'Status') {
      return new KubeError(
        code,
        status.reason || reasons[code] || 'Unknown',
        status.message || what,
        status.details,
      );
    }
  } catch {
    // Not a Status object: the text itself is all there is to say.
  }
  return new KubeError(
    code,
    reasons[code] ?? 'Unknown',
    `${what}: HTTP ${code} ${text.slice(0, 300)}`.trimEnd(),
  );
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404;
}

/** A stale resourceVersion; AlreadyExists has the same status and is not meant. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeError && error.reason === 'AlreadyExists';
}

/** The wanted resourceVersion is too old: list again. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.code === 410;
}
