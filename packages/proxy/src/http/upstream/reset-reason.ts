/** Why an upstream stream ended before its answer was complete; the words are Envoy's. */
export type ResetReason =
  | 'overflow'
  | 'remote connection failure'
  | 'local connection failure'
  | 'connection timeout'
  | 'connection termination'
  | 'protocol error'
  | 'remote reset'
  | 'local reset';

const errnoTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  ENOENT: 'No such file or directory',
  EPIPE: 'Broken pipe',
};

/** `delayed_connect_error:_Connection_refused`, as details and access logs print it. */
export function connectErrorText(error: NodeJS.ErrnoException): string {
  const text = errnoTexts[error.code ?? ''] ?? error.code ?? error.message;
  return `delayed connect error: ${text}`.replaceAll(' ', '_');
}
