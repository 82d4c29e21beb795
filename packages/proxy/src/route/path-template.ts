import type { Problem } from '@lateen/kit';
import { problem } from '../http/config/values.ts';

const segment = "[-A-Za-z0-9._~%!$&'()+,;:@]+";
const text = "[-A-Za-z0-9._~%!$&'()+,;:@/]*";

/** A URI template: matches a path without its query and gives the values of its variables. */
export interface PathTemplate {
  readonly variables: readonly string[];
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/** Compiles `/a/{name}/*​/{rest=**}`. The expression it becomes has no nested repetition, so it cannot run away. */
export function compilePathTemplate(template: string, path: string, problems: Problem[]): PathTemplate {
  const variables: string[] = [];
  const pieces = template.split(/(\{[^}]*\})/);
  const source = pieces
    .map((piece) => {
      if (!piece.startsWith('{')) return patternSource(piece);
      const [name = '', inner = '*'] = piece.slice(1, -1).split('=');
      if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || variables.includes(name)) {
        problems.push(
          problem(path, `path_match_policy.path_template ${template} is invalid: variable ${piece}`),
        );
      }
      variables.push(name);
      return `(${patternSource(inner)})`;
    })
    .join('');
  if (!template.startsWith('/')) problems.push(problem(path, `path_template ${template} must begin with /`));
  const expression = new RegExp(`^${source}$`);
  return {
    variables,
    match(value) {
      const found = expression.exec(value);
      if (found === null) return undefined;
      return Object.fromEntries(variables.map((name, index) => [name, found[index + 1] ?? '']));
    },
  };
}

function patternSource(piece: string): string {
  return piece
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? text : part === '*' ? segment : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
}

/** A rewrite such as `/{rest}/{name}`. */
export function compileTemplateRewrite(
  rewrite: string,
  template: PathTemplate,
  path: string,
  problems: Problem[],
): (values: Readonly<Record<string, string>>) => string {
  const pieces = rewrite.split(/(\{[^}]*\})/);
  for (const piece of pieces) {
    if (piece.startsWith('{') && !template.variables.includes(piece.slice(1, -1))) {
      problems.push(
        problem(path, `path_template_rewrite names ${piece}, which the path_template does not have`),
      );
    }
  }
  return (values) =>
    pieces.map((piece) => (piece.startsWith('{') ? (values[piece.slice(1, -1)] ?? '') : piece)).join('');
}
