/** A parsed document, with the keys that objects have more than once. */
export interface ParsedJson {
  readonly value: unknown;
  readonly duplicates: ReadonlyMap<object, readonly string[]>;
}

/** What is wrong with a text that is no JSON, in the words of Go's decoder. */
export class JsonSyntaxError extends Error {}

const whitespace = /[ \t\r\n]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const plainString = /"[^"\\\x00-\x1f]*"/y;
const maxDepth = 10_000;

/** Parses JSON, keeping a note of duplicate keys, of which the last wins. */
export function parseJson(text: string): ParsedJson {
  const reader = new Reader(text);
  const value = reader.document();
  return { value, duplicates: reader.duplicates };
}

class Reader {
  readonly duplicates = new Map<object, string[]>();
  private readonly text: string;
  private position = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.value('looking for beginning of value');
    this.space();
    if (this.position < this.text.length) throw this.unexpected('after top-level value');
    return value;
  }

  private space(): void {
    whitespace.lastIndex = this.position;
    whitespace.test(this.text);
    this.position = whitespace.lastIndex;
  }

  private unexpected(context: string): JsonSyntaxError {
    if (this.position >= this.text.length) return new JsonSyntaxError('unexpected end of JSON input');
    const character = String.fromCodePoint(this.text.codePointAt(this.position)!);
    return new JsonSyntaxError(`invalid character ${quoteCharacter(character)} ${context}`);
  }

  private value(context: string): unknown {
    this.space();
    const character = this.text[this.position];
    if (character === '{') return this.nested(() => this.object());
    if (character === '[') return this.nested(() => this.array());
    if (character === '"') return this.string();
    if (character === 't') return this.literal('true', true);
    if (character === 'f') return this.literal('false', false);
    if (character === 'n') return this.literal('null', null);
    return this.number(context);
  }

  private nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
    const value = read();
    this.depth -= 1;
    return value;
  }

  private literal<T>(word: string, value: T): T {
    for (let index = 0; index < word.length; index += 1, this.position += 1) {
      if (this.text[this.position] !== word[index]) {
        throw this.unexpected(`in literal ${word} (expecting ${quoteCharacter(word[index]!)})`);
      }
    }
    return value;
  }

  private number(context: string): number {
    number.lastIndex = this.position;
    if (!number.test(this.text)) {
      if (this.text[this.position] === '-') {
        this.position += 1;
        throw this.unexpected('in numeric literal');
      }
      throw this.unexpected(context);
    }
    const start = this.position;
    this.position = number.lastIndex;
    return Number(this.text.slice(start, this.position));
  }

  private string(): string {
    plainString.lastIndex = this.position;
    if (plainString.test(this.text)) {
      const start = this.position + 1;
      this.position = plainString.lastIndex;
      return this.text.slice(start, this.position - 1);
    }
    const start = this.position;
    this.position += 1;
    while (this.text[this.position] !== '"') this.stringCharacter();
    this.position += 1;
    return JSON.parse(this.text.slice(start, this.position)) as string;
  }

  private stringCharacter(): void {
    if (this.position >= this.text.length || this.text.charCodeAt(this.position) < 0x20) {
      throw this.unexpected('in string literal');
    }
    if (this.text[this.position] !== '\\') {
      this.position += 1;
      return;
    }
    this.position += 1;
    const code = this.text[this.position] ?? '';
    if (!'"\\/bfnrtu'.includes(code) || code === '') throw this.unexpected('in string escape code');
    this.position += 1;
    for (let digit = 0; code === 'u' && digit < 4; digit += 1, this.position += 1) {
      if (!/[0-9a-fA-F]/.test(this.text[this.position] ?? ''))
        throw this.unexpected('in \\u hexadecimal character escape');
    }
  }

  private array(): unknown[] {
    const out: unknown[] = [];
    this.position += 1;
    this.space();
    if (this.text[this.position] === ']') {
      this.position += 1;
      return out;
    }
    for (;;) {
      out.push(this.value('looking for beginning of value'));
      if (this.closes(']', 'after array element')) return out;
    }
  }

  private closes(end: string, context: string): boolean {
    this.space();
    const character = this.text[this.position];
    if (character !== ',' && character !== end) throw this.unexpected(context);
    this.position += 1;
    return character === end;
  }

  private object(): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    this.position += 1;
    this.space();
    if (this.text[this.position] === '}') {
      this.position += 1;
      return out;
    }
    for (let first = true; ; first = false) {
      this.member(
        out,
        first ? 'looking for beginning of object key string' : 'looking for beginning of object key string',
      );
      if (this.closes('}', 'after object key:value pair')) return out;
    }
  }

  private member(out: Record<string, unknown>, context: string): void {
    this.space();
    if (this.text[this.position] !== '"') throw this.unexpected(context);
    const key = this.string();
    this.space();
    if (this.text[this.position] !== ':') throw this.unexpected('after object key');
    this.position += 1;
    const value = this.value('looking for beginning of value');
    if (Object.hasOwn(out, key)) this.noteDuplicate(out, key);
    if (key === '__proto__')
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
    else out[key] = value;
  }

  private noteDuplicate(object: object, key: string): void {
    const keys = this.duplicates.get(object) ?? [];
    if (!keys.includes(key)) keys.push(key);
    this.duplicates.set(object, keys);
  }
}

function quoteCharacter(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
