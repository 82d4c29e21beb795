const perlOnly = /\(\?(?:<?[=!]|>)|\\[1-9]/;

/** Compiles an expression in RE2's syntax; text says why it is none. */
export function compileRe2(source: string): RegExp | string {
  const perl = perlOnly.exec(source);
  if (perl)
    return `Invalid re2 regex: ${perl[0].startsWith('(') ? 'invalid perl operator' : 'invalid escape sequence'}: ${perl[0]}`;
  try {
    return new RegExp(source);
  } catch (error) {
    return `Invalid re2 regex: ${explain(source, error as Error)}`;
  }
}

function explain(source: string, { message }: Error): string {
  if (/Unterminated group/.test(message)) return `missing ): ${source}`;
  if (/Unmatched '\)'/.test(message)) return `unexpected ): ${source}`;
  if (/Unterminated character class/.test(message))
    return `missing ]: ${source.slice(source.lastIndexOf('['))}`;
  if (/Nothing to repeat/.test(message))
    return `no argument for repetition operator: ${/[*+?]/.exec(source)?.[0] ?? ''}`;
  if (/\\ at end/.test(message)) return 'trailing \\ at end of expression';
  return message;
}
