/** Texts as Go prints them: `%q`, `%v` of maps and lists, `json.Marshal`. */

/** `%q`. */
export function quote(text: string): string {
  let out = '"';
  for (const character of text) out += quoted(character);
  return `${out}"`;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\u0007': '\\a',
};

function quoted(character: string): string {
  const short = escapes[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(character)) return `\\u${code.toString(16).padStart(4, '0')}`;
  return character;
}

/** `%v` of decoded JSON: `map[spec:map[replicas:two]]`, `[a b]`, `<nil>`. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (typeof value === 'object') {
    const keys = Object.keys(value).toSorted(byteOrder);
    return `map[${keys.map((key) => `${key}:${printValue((value as Record<string, unknown>)[key])}`).join(' ')}]`;
  }
  return typeof value === 'number' ? printNumber(value) : String(value);
}

function printNumber(value: number): string {
  if (Number.isInteger(value) || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e21)) return String(value);
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
}

/** `json.Marshal` of a map: sorted keys unless `keepOrder`, HTML characters escaped. */
export function marshal(value: unknown, keepOrder = false): string {
  return JSON.stringify(keepOrder ? value : sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => byteOrder(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** Compares as Go compares strings. */
export function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
