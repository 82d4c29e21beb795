import type { Problem, Result } from '@lateen/kit';
import type { FormatContext, Formatter } from '../../http/types.ts';
import type { FormatEnvironment } from './environment.ts';
import type { OperatorValue, Provider } from './operator.ts';
import { operators } from './operators.ts';
import { type FormatPiece, parseFormat } from './parse.ts';

export type { FormatEnvironment } from './environment.ts';

/** What HTTP access logs say when nothing else is configured. */
export const defaultAccessLogFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

interface Compiled {
  readonly text: string;
  readonly provider: Provider | undefined;
}

/** Text with operators; operators without a value print `-`, or nothing with `omitEmpty`. */
export function compileTextFormat(
  format: string,
  path: string,
  environment: FormatEnvironment,
  options: { readonly omitEmpty?: boolean } = {},
): Result<Formatter | undefined> {
  const { value: pieces, problems } = compilePieces(format, path, environment);
  if (!pieces) return { value: undefined, problems };
  return { value: joinPieces(pieces, options.omitEmpty ? '' : '-'), problems };
}

/** A `json_format` message: operators that stand alone keep their type; keys are sorted; ends with a newline. */
export function compileJsonFormat(
  format: unknown,
  path: string,
  environment: FormatEnvironment,
  options: { readonly omitEmpty?: boolean } = {},
): Result<Formatter | undefined> {
  const problems: Problem[] = [];
  const node = compileNode(format, path, environment, options.omitEmpty ?? false, problems);
  if (problems.length > 0) return { value: undefined, problems };
  return { value: (context) => `${JSON.stringify(node(context) ?? {})}\n`, problems };
}

function compilePieces(
  format: string,
  path: string,
  environment: FormatEnvironment,
): Result<readonly Compiled[] | undefined> {
  const { pieces, error } = parseFormat(format);
  if (error) return { value: undefined, problems: [problem(path, error)] };
  const problems: Problem[] = [];
  const compiled = pieces.map((piece) => compilePiece(piece, path, environment, problems));
  return { value: problems.length > 0 ? undefined : compiled, problems };
}

function compilePiece(
  piece: FormatPiece,
  path: string,
  environment: FormatEnvironment,
  problems: Problem[],
): Compiled {
  if (piece.kind === 'text') return { text: piece.text, provider: undefined };
  const compiler = operators[piece.name];
  const provider = compiler
    ? compiler(piece.argument, environment)
    : `Not supported field in StreamInfo: ${piece.name}`;
  if (typeof provider === 'string') {
    problems.push(problem(path, compiler ? `${piece.source}: ${provider}` : provider));
    return { text: '', provider: undefined };
  }
  return { text: '', provider: piece.limit === undefined ? provider : limited(provider, piece.limit) };
}

function limited(provider: Provider, limit: number): Provider {
  return (context) => {
    const value = provider(context);
    return value === undefined ? undefined : show(value).slice(0, limit);
  };
}

function joinPieces(pieces: readonly Compiled[], missing: string): Formatter {
  return (context) => {
    let text = '';
    for (const piece of pieces) {
      if (piece.provider) {
        const value = piece.provider(context);
        text += value === undefined ? missing : typeof value === 'string' ? value : show(value);
      } else text += piece.text;
    }
    return text;
  };
}

function show(value: Exclude<OperatorValue, undefined>): string {
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  );
}

type JsonNode = (context: FormatContext) => unknown;

function compileNode(
  value: unknown,
  path: string,
  environment: FormatEnvironment,
  omitEmpty: boolean,
  problems: Problem[],
): JsonNode {
  if (typeof value === 'string') return compileLeaf(value, path, environment, omitEmpty, problems);
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      compileNode(item, `${path}[${index}]`, environment, omitEmpty, problems),
    );
    return (context) => {
      const list = items.map((item) => item(context));
      return omitEmpty ? list.filter((item) => item !== undefined) : list;
    };
  }
  if (typeof value === 'object' && value !== null)
    return compileObject(value, path, environment, omitEmpty, problems);
  return () => value;
}

function compileObject(
  value: object,
  path: string,
  environment: FormatEnvironment,
  omitEmpty: boolean,
  problems: Problem[],
): JsonNode {
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(
      ([key, inner]) =>
        [key, compileNode(inner, `${path}.${key}`, environment, omitEmpty, problems)] as const,
    );
  return (context) => {
    const result: Record<string, unknown> = {};
    let any = false;
    for (const [key, node] of fields) {
      const inner = node(context);
      if (inner === undefined && omitEmpty) continue;
      result[key] = inner;
      any = true;
    }
    return any || !omitEmpty ? result : undefined;
  };
}

function compileLeaf(
  format: string,
  path: string,
  environment: FormatEnvironment,
  omitEmpty: boolean,
  problems: Problem[],
): JsonNode {
  const compiled = compilePieces(format, path, environment);
  problems.push(...compiled.problems);
  const pieces = compiled.value ?? [];
  const missing = omitEmpty ? undefined : null;
  const only = pieces.length === 1 ? pieces[0]!.provider : undefined;
  if (only) return (context) => only(context) ?? missing;
  return joinPieces(pieces, omitEmpty ? '' : '-');
}

function problem(path: string, message: string): Problem {
  return { code: 'InvalidFormat', severity: 'error', path, message };
}
