import type { Problem } from '@lateen/kit';
import { RE2JS } from 're2js';
import { problem } from '../http/config/values.ts';
import type { Message } from '../http/types.ts';

/** A regular expression with RE2's syntax and its linear time. */
export interface Regex {
  /** True when the whole text matches. */
  full(text: string): boolean;
  /** Replaces every match; `\1` in the substitution is a group. */
  replace(text: string, substitution: Substitution): string;
}

export type Substitution = (groups: readonly (string | undefined)[]) => string;

/** Compiles a RegexMatcher; a pattern that RE2 refuses becomes a problem. */
export function compileRegex(matcher: Message, path: string, problems: Problem[]): Regex {
  try {
    const compiled = RE2JS.compile(matcher.regex ?? '');
    return {
      full: (text) => compiled.testExact(text),
      replace: (text, substitution) => replaceAll(compiled, text, substitution),
    };
  } catch (error) {
    problems.push(problem(path, `Invalid regex '${matcher.regex}': ${(error as Error).message}`));
    return { full: () => false, replace: (text) => text };
  }
}

function replaceAll(pattern: RE2JS, text: string, substitution: Substitution): string {
  return pattern.matcher(text).replaceAll((...parts: unknown[]) => {
    const offset = parts.findIndex((part) => typeof part === 'number');
    return substitution(parts.slice(0, offset) as (string | undefined)[]);
  });
}

/** `\N` stands for group N, `\\` for a backslash. */
export function compileSubstitution(text: string): Substitution {
  const pieces = text.split(/(\\[0-9\\])/);
  return (groups) =>
    pieces
      .map((piece) => {
        if (piece.length !== 2 || piece[0] !== '\\') return piece;
        return piece[1] === '\\' ? '\\' : (groups[Number(piece[1])] ?? '');
      })
      .join('');
}
