/** One piece of a format string: text, or an operator with its argument and length. */
export type FormatPiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'operator';
      readonly name: string;
      readonly argument: string | undefined;
      readonly limit: number | undefined;
      readonly source: string;
    };

const operator = /%([A-Z][A-Z0-9_]*)(?:\(((?:[^)%]|%(?=[^%]*\)))*|[^)]*)\))?(?::([0-9]+))?%/y;

/** Splits a format string; `error` says what is wrong with it. */
export function parseFormat(format: string): {
  readonly pieces: readonly FormatPiece[];
  readonly error?: string;
} {
  const pieces: FormatPiece[] = [];
  let text = '';
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf('%', at);
    if (percent < 0) {
      text += format.slice(at);
      break;
    }
    text += format.slice(at, percent);
    if (format[percent + 1] === '%') {
      text += '%';
      at = percent + 2;
      continue;
    }
    operator.lastIndex = percent;
    const match = operator.exec(format);
    if (!match)
      return {
        pieces,
        error: `Incorrect configuration: ${format}. Couldn't find valid command at position ${percent}`,
      };
    if (text !== '') pieces.push({ kind: 'text', text });
    text = '';
    pieces.push({
      kind: 'operator',
      name: match[1]!,
      argument: match[2],
      limit: match[3] === undefined ? undefined : Number(match[3]),
      source: match[0],
    });
    at = operator.lastIndex;
  }
  if (text !== '') pieces.push({ kind: 'text', text });
  return { pieces };
}
