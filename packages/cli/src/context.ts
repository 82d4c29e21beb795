/** What a command may use of the outside world. */
export interface CommandContext {
  readonly program: 'lateen' | 'istioctl';
  readonly projectRoot: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: NodeJS.ReadStream;
}

/** Ends the program with a message for the user and an exit code; never with a stack. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
