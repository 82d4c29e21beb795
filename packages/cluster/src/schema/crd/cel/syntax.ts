import { SourceText } from './source-text.ts';

const token =
  /\s+|\/\/.*|[rR]?"""[\s\S]*?"""|[rR]?'''[\s\S]*?'''|[rR]?"(?:\\.|[^"\\\n])*"|[rR]?'(?:\\.|[^'\\\n])*'|[0-9]+\.[0-9]+(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]+u?|\d+u?|[A-Za-z_]\w*|`[^`]*`|&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y;

const binary = ['&&', '||', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in'];
const reserved =
  /^(as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;

/** What is wrong with the syntax of an expression that does not parse, as cel-go puts it. */
export function syntaxError(text: string, fallback: string): string {
  const source = new SourceText(text, {});
  const tokens = scan(text, source);
  new Reader(tokens, source).expression();
  return source.report() ?? `ERROR: ${fallback}`;
}

interface Token {
  readonly text: string;
  readonly at: number;
}

/** Complains about characters that begin no token. */
function scan(text: string, source: SourceText): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) {
      const bad = /^['"]/.test(text[at]!) ? text.slice(at).split('\n')[0]! : text.slice(at, at + 2);
      source.complainAt(at, `Syntax error: token recognition error at: '${bad}'`);
      at += bad.length;
    } else {
      if (found.trim() !== '' && !found.startsWith('//')) tokens.push({ text: found, at });
      at += found.length;
    }
  }
  return [...tokens, { text: '<EOF>', at: text.length }];
}

/** Ends the reading at a mistake that nothing sensible can follow. */
class Abandoned extends Error {}

/** Reads tokens by CEL's grammar to the first mistakes. */
class Reader {
  readonly #tokens: readonly Token[];
  readonly #source: SourceText;
  #next = 0;

  constructor(tokens: readonly Token[], source: SourceText) {
    this.#tokens = tokens;
    this.#source = source;
  }

  expression(): void {
    try {
      this.#ternary();
      this.#end();
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
    }
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #complain(message: string): void {
    this.#source.complainAt(this.#token.at, `Syntax error: ${message}`);
  }

  #end(): void {
    const { text } = this.#token;
    if (text === '<EOF>') return;
    const last = this.#tokens[this.#next + 1]!.text === '<EOF>';
    this.#complain(`${last ? 'extraneous' : 'mismatched'} input '${text}' expecting <EOF>`);
  }

  #take(text: string): boolean {
    if (this.#token.text !== text) return false;
    this.#next++;
    return true;
  }

  /** What closes; a missing one is made up, as ANTLR does at the end. */
  #close(text: string): void {
    if (this.#take(text)) return;
    if (this.#token.text === '<EOF>') this.#complain(`missing '${text}' at '<EOF>'`);
    else if (this.#tokens[this.#next + 1]!.text === text) {
      this.#complain(`extraneous input '${this.#token.text}' expecting '${text}'`);
      this.#next += 2;
    } else {
      this.#complain(`mismatched input '${this.#token.text}' expecting '${text}'`);
      this.#recover(text);
    }
  }

  /** Goes on after what closes outside; a further one is too much. */
  #recover(text: string): void {
    while (this.#token.text !== text && this.#token.text !== '<EOF>') this.#next++;
    if (this.#token.text === text) this.#end();
    throw new Abandoned();
  }

  #ternary(): void {
    this.#chain();
    if (!this.#take('?')) return;
    this.#chain();
    this.#close(':');
    this.#ternary();
  }

  #chain(): void {
    this.#unary();
    while (binary.includes(this.#token.text)) {
      this.#next++;
      this.#unary();
    }
  }

  #unary(): void {
    while (this.#take('!') || this.#take('-'));
    this.#primary('');
    while (this.#postfix());
  }

  #postfix(): boolean {
    if (this.#take('.')) {
      this.#field();
      return true;
    }
    if (!this.#take('[')) return false;
    if (!this.#take('?')) this.#missingOperand("'?', ");
    this.#ternary();
    this.#close(']');
    return true;
  }

  #field(): void {
    const { text } = this.#token;
    if (!/^[A-Za-z_`]/.test(text)) {
      this.#complain(`no viable alternative at input '.${text}'`);
      throw new Abandoned();
    }
    this.#next++;
    if (this.#take('(')) this.#list(')');
  }

  /** Complains when the text ends where a value is to be. */
  #missingOperand(optional: string): void {
    if (this.#token.text !== '<EOF>') return;
    const expected = `'[', '{', '(', '.', '-', '!', ${optional}'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER`;
    this.#complain(`mismatched input '<EOF>' expecting {${expected}}`);
    throw new Abandoned();
  }

  #primary(optional: string): void {
    this.#missingOperand(optional);
    const { text, at } = this.#token;
    if (reserved.test(text)) this.#source.complainAt(at, `reserved identifier: ${text}`);
    if (this.#take('(')) {
      this.#ternary();
      this.#close(')');
    } else if (this.#take('[')) this.#list(']');
    else if (this.#take('{')) this.#map();
    else if (/^[\w"'.`]/.test(text)) {
      this.#next++;
      if (this.#take('(')) this.#list(')');
    } else throw new Abandoned();
  }

  #list(end: string): void {
    if (this.#take(end)) return;
    do this.#ternary();
    while (this.#take(','));
    this.#close(end);
  }

  #map(): void {
    if (this.#take('}')) return;
    do {
      this.#ternary();
      this.#close(':');
      this.#ternary();
    } while (this.#take(','));
    this.#close('}');
  }
}
