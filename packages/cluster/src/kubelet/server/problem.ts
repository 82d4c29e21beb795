/** An answer with an HTTP status other than success. */
export class HttpProblem extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
