import type { Readable, Writable } from 'node:stream';

/** Which streams a client asked for. */
export interface StreamChoice {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A client's standard streams, over whichever protocol it speaks. */
export interface RemoteSession {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Calls back with the size of the client's terminal, now and whenever it changes. */
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Calls back once when the client has gone. */
  onClose(listener: () => void): void;
  /** Sends how it ended, after everything written before, and closes. */
  finish(result: SessionResult): Promise<void>;
}

/** How a session ended: a process's exit code, or why there was none. */
export type SessionResult = { readonly exitCode: number } | { readonly failure: string };

/** The Status object by which clients learn the exit code (protocol version 4 and later). */
export function sessionStatus(result: SessionResult): Record<string, unknown> {
  if ('failure' in result) {
    return {
      metadata: {},
      status: 'Failure',
      message: result.failure,
      reason: 'InternalError',
      details: { causes: [{ message: result.failure }] },
      code: 500,
    };
  }
  if (result.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${result.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(result.exitCode) }] },
  };
}

/** The size in a resize message, `{"Width":80,"Height":24}`; undefined when it is none. */
export function parseSize(text: string): { columns: number; rows: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(text);
    return Number.isInteger(Width) && Number.isInteger(Height) ? { columns: Width, rows: Height } : undefined;
  } catch {
    return undefined;
  }
}
