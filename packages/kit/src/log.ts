export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log of one component. Fields are appended as `key=value`. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A log whose lines carry `scope` after this one's. */
  child(scope: string): Log;
}

const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Lines as Istio prints them: time, level, scope and message separated by tabs, then fields.
 * `write` receives whole lines; standard error when absent.
 */
export function createLog(
  scope: string,
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const emit = (at: LogLevel, message: string, fields?: Record<string, unknown>) => {
    if (order[at] < order[level]) return;
    write(`${new Date().toISOString()}\t${at}\t${scope}\t${message}${formatFields(fields)}\n`);
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    child: (name) => createLog(`${scope}/${name}`, level, write),
  };
}

function formatFields(fields: Record<string, unknown> | undefined): string {
  if (!fields) return '';
  let text = '';
  for (const [key, value] of Object.entries(fields)) {
    text += `\t${key}=${typeof value === 'string' ? value : value instanceof Error ? value.message : JSON.stringify(value)}`;
  }
  return text;
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
