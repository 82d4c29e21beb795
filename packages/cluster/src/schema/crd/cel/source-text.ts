interface Complaint {
  readonly at: number;
  readonly message: string;
}

/** The text of an expression, and what is wrong where, printed as cel-go prints it. */
export class SourceText {
  readonly #text: string;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #complaints: Complaint[] = [];

  constructor(text: string, positions: Readonly<Record<string, number>>) {
    this.#text = text;
    this.#positions = positions;
  }

  complain(expr: any, message: string): void {
    this.complainAt(this.#placeOf(expr), message);
  }

  complainAt(at: number, message: string): void {
    this.#complaints.push({ at, message });
  }

  /** Every complaint in the order of the text; undefined when there are none. */
  report(): string | undefined {
    if (this.#complaints.length === 0) return undefined;
    return this.#complaints
      .toSorted((a, b) => a.at - b.at)
      .map((one) => this.#print(one))
      .join('\n');
  }

  /** Calls stand where their parenthesis opens, operators where they are written. */
  #placeOf(expr: any): number {
    const text = this.#text;
    const { case: kind, value } = expr.exprKind;
    let at = this.#positions[String(expr.id)] ?? 0;
    while (/\s/.test(text[at] ?? '')) at++;
    const written = kind === 'callExpr' && !/^[A-Za-z]/.test(value.function) && text[at] !== '.';
    if (written) return value.function === '_?_:_' ? this.#question(value.args[0], at) : at;
    const call = kind === 'callExpr' || kind === 'comprehensionExpr' || value.testOnly === true;
    if (!call || text[at] === '[' || text[at] === '{') return at;
    const open = text.indexOf('(', at);
    return open < 0 ? at : open;
  }

  #question(condition: any, at: number): number {
    const from = this.#positions[String(condition.id)] ?? at;
    const question = this.#text.indexOf('?', from);
    return question < 0 ? at : question;
  }

  #print({ at, message }: Complaint): string {
    const before = this.#text.slice(0, at).split('\n');
    const line = before.length;
    const column = [...before.at(-1)!].length;
    const shown = this.#text.split('\n')[line - 1]!;
    return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${shown}\n | ${'.'.repeat(column)}^`;
  }
}
