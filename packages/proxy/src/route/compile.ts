import { readFileSync } from 'node:fs';
import type { Problem } from '@lateen/kit';
import { fraction, join, problem, refuseUnknown } from '../http/config/values.ts';
import type { Message } from '../http/types.ts';
import { compileForward } from './forward.ts';
import { compileHeaderMatches } from './header-match.ts';
import { type Compilation, compileLevel } from './level.ts';
import { compilePathMatch } from './path-match.ts';
import { compileQueryMatch, parseQuery } from './query-match.ts';
import { compileRedirect } from './redirect.ts';
import type { ConfigLevel, MatchContext, Route, RouteAction, RouteTable, VirtualHost } from './types.ts';

const supportedRoute: ReadonlySet<string> = new Set(
  `name match route redirect directResponse nonForwardingAction metadata decorator typedPerFilterConfig
requestHeadersToAdd requestHeadersToRemove responseHeadersToAdd responseHeadersToRemove tracing
perRequestBufferLimitBytes requestBodyBufferLimit statPrefix`.split(/\s+/),
);

const supportedMatch: ReadonlySet<string> = new Set(
  `prefix path safeRegex connectMatcher pathSeparatedPrefix pathMatchPolicy caseSensitive runtimeFraction headers
queryParameters grpc tlsContext dynamicMetadata`.split(/\s+/),
);

export function compileRoute(
  message: Message,
  host: VirtualHost,
  table: RouteTable,
  path: string,
  compilation: Compilation,
): Route {
  const { problems } = compilation;
  refuseUnknown(message, supportedRoute, path, problems);
  const match: Message = message.match ?? {};
  const matchPath = join(path, 'match');
  refuseUnknown(match, supportedMatch, matchPath, problems);
  const pathMatch = compilePathMatch(match, matchPath, problems);
  const level = compileLevel(message, path, compilation);
  const levels = [level, host.level, table.level];
  return {
    name: message.name ?? '',
    virtualHost: host,
    table,
    level,
    levels,
    path: pathMatch,
    metadata: message.metadata?.filterMetadata,
    statPrefix: message.statPrefix ?? '',
    action: compileAction(message, pathMatch, host, levels, path, compilation),
    rateLimits: message.route?.rateLimits ?? [],
    matches: compileConditions(match, pathMatch.matches, matchPath, compilation),
  };
}

function compileConditions(
  match: Message,
  pathMatches: Route['path']['matches'],
  path: string,
  compilation: Compilation,
): Route['matches'] {
  const { problems, deps } = compilation;
  const headerTests = compileHeaderMatches(match.headers ?? [], join(path, 'headers'), problems);
  const queryTests = ((match.queryParameters ?? []) as Message[]).map((matcher, index) =>
    compileQueryMatch(matcher, `${path}.queryParameters[${index}]`, problems),
  );
  const runtime: Message | undefined = match.runtimeFraction;
  const grpc = match.grpc !== undefined;
  if (match.tlsContext !== undefined || (match.dynamicMetadata ?? []).length > 0) {
    problems.push(
      problem(path, 'tls_context and dynamic_metadata matchers are not supported by this proxy yet'),
    );
  }
  if (headerTests.length === 0 && queryTests.length === 0 && runtime === undefined && !grpc)
    return pathMatches;
  const chance = fraction(runtime?.defaultValue);
  const denominator = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 }[
    (runtime?.defaultValue?.denominator ?? 'HUNDRED') as 'HUNDRED'
  ];
  const current = () => deps.runtime.number(runtime!.runtimeKey ?? '', chance * denominator) / denominator;
  return (text, headers, context: MatchContext) => {
    if (runtime !== undefined && context.random() >= current()) return false;
    if (!pathMatches(text, headers)) return false;
    if (grpc && !isGrpc(headers.first('content-type'))) return false;
    for (const test of headerTests) if (!test(headers)) return false;
    if (queryTests.length === 0) return true;
    const query = parseQuery(headers.path ?? '');
    return queryTests.every((test) => test(query));
  };
}

export function isGrpc(contentType: string | undefined): boolean {
  if (contentType === undefined || !contentType.startsWith('application/grpc')) return false;
  const next = contentType[16];
  return next === undefined || next === '+' || next === ';';
}

function compileAction(
  message: Message,
  match: Route['path'],
  host: VirtualHost,
  levels: readonly ConfigLevel[],
  path: string,
  compilation: Compilation,
): RouteAction {
  if (message.route !== undefined)
    return compileForward(message.route, match, host, levels, join(path, 'route'), compilation);
  if (message.redirect !== undefined) {
    return {
      kind: 'redirect',
      redirect: compileRedirect(message.redirect, match, join(path, 'redirect'), compilation.problems),
    };
  }
  if (message.directResponse !== undefined) {
    const body = readDataSource(
      message.directResponse.body,
      join(path, 'directResponse.body'),
      compilation.problems,
    );
    return { kind: 'direct', status: message.directResponse.status ?? 200, body };
  }
  if (message.nonForwardingAction === undefined)
    compilation.problems.push(problem(path, 'a route needs an action'));
  return { kind: 'none' };
}

/** Bytes of an `envoy.config.core.v3.DataSource`. */
export function readDataSource(source: Message | undefined, path: string, problems: Problem[]): Buffer {
  if (source?.inlineString !== undefined) return Buffer.from(source.inlineString);
  if (source?.inlineBytes !== undefined) return Buffer.from(source.inlineBytes, 'base64');
  if (source?.filename !== undefined) {
    try {
      return readFileSync(source.filename);
    } catch (error) {
      problems.push(
        problem(join(path, 'filename'), `cannot read ${source.filename}: ${(error as Error).message}`),
      );
    }
  }
  if (source?.environmentVariable !== undefined) {
    problems.push(problem(path, 'environment_variable is not supported by this proxy yet'));
  }
  return Buffer.alloc(0);
}
