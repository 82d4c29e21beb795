import type { Problem } from '@lateen/kit';
import type { FormatContext, Message, Random, Runtime } from '../../http/types.ts';
import { grpcStatusNames, grpcStatusOf } from '../format/grpc.ts';
import { parseResponseFlags } from '../response-flags.ts';
import { compileCelFilter } from './cel-filter.ts';
import { compileHeaderFilter } from './header-filter.ts';

/** Says whether a stream is logged. */
export type LogFilter = (context: FormatContext) => boolean;

export interface FilterEnvironment {
  readonly runtime: Runtime;
  readonly random: Random;
  readonly monotonic: () => number;
}

type Compiler = (
  message: Message,
  path: string,
  environment: FilterEnvironment,
  problems: Problem[],
) => LogFilter;

function comparison(message: Message, environment: FilterEnvironment): (actual: number) => boolean {
  const { op = 'EQ', value = {} } = message.comparison ?? {};
  const { defaultValue = 0, runtimeKey = '' } = value;
  return (actual) => {
    const wanted = environment.runtime.number(runtimeKey, defaultValue);
    if (op === 'GE') return actual >= wanted;
    if (op === 'LE') return actual <= wanted;
    return op === 'NE' ? actual !== wanted : actual === wanted;
  };
}

const statusCode: Compiler = (message, _path, environment) => {
  const compare = comparison(message, environment);
  return ({ info }) => compare(info.responseCode);
};

const duration: Compiler = (message, _path, environment) => {
  const compare = comparison(message, environment);
  return ({ info }) => compare(Math.floor(info.completedAt ?? environment.monotonic() - info.startedAt));
};

const denominators: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

const runtimeFraction: Compiler = (message, _path, environment) => {
  const { numerator = 0, denominator = 'HUNDRED' } = message.percentSampled ?? {};
  const of = denominators[denominator] ?? 100;
  return () =>
    environment.random.next() * of < environment.runtime.number(message.runtimeKey ?? '', numerator);
};

const responseFlags: Compiler = (message, path, _environment, problems) => {
  const { bits, unknown } = parseResponseFlags(message.flags ?? []);
  if (unknown.length > 0) {
    problems.push({
      code: 'UnknownFlag',
      severity: 'error',
      path: `${path}.flags`,
      message: `unknown response flag ${unknown.join(', ')}`,
    });
  }
  const any = (message.flags ?? []).length === 0;
  return ({ info }) => (any ? info.responseFlags !== 0 : (info.responseFlags & bits) !== 0);
};

const grpcStatus: Compiler = (message) => {
  const wanted = new Set(
    (message.statuses ?? []).map((name: string | number) =>
      typeof name === 'number' ? name : grpcStatusNames.indexOf(name),
    ),
  );
  const exclude = message.exclude === true;
  return (context) => wanted.has(grpcStatusOf(context)) !== exclude;
};

const all: Compiler = (message, path, environment, problems) => {
  const filters = compileList(message, path, environment, problems);
  return (context) => filters.every((filter) => filter(context));
};

const any: Compiler = (message, path, environment, problems) => {
  const filters = compileList(message, path, environment, problems);
  return (context) => filters.some((filter) => filter(context));
};

const header: Compiler = (message, path, _environment, problems) => {
  const test = compileHeaderFilter(message.header ?? {}, `${path}.header`, problems);
  return (context) => test(context.request);
};

const metadata: Compiler = (message) => {
  const { filter = '', path: keys = [], value, invert = false } = message.matcher ?? {};
  const whenAbsent = message.matchIfKeyNotFound ?? true;
  return ({ info }) => {
    let found: any = info.dynamicMetadata[filter];
    for (const { key } of keys) found = found?.[key];
    if (found === undefined) return whenAbsent;
    return matchesValue(value, found) !== invert;
  };
};

function matchesValue(matcher: Message | undefined, found: unknown): boolean {
  if (!matcher) return true;
  if (matcher.stringMatch)
    return (
      matcher.stringMatch.exact === found || String(found).startsWith(matcher.stringMatch.prefix ?? '\0')
    );
  if (matcher.boolMatch !== undefined) return matcher.boolMatch === found;
  if (matcher.doubleMatch) return matcher.doubleMatch.exact === found;
  return matcher.presentMatch === true;
}

const celType = 'type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter';

const extension: Compiler = (message, path, _environment, problems) => {
  const config = message.typedConfig ?? {};
  if (config['@type'] === celType)
    return compileCelFilter(config.expression ?? '', `${path}.typedConfig.expression`, problems);
  problems.push({
    code: 'Unsupported',
    severity: 'error',
    path: `${path}.typedConfig`,
    message: `access log filter ${config['@type'] ?? message.name} is not supported`,
  });
  return () => true;
};

const logTypes: Compiler = (message) => {
  const wanted = new Set<string>(message.types ?? []);
  const exclude = message.exclude === true;
  return ({ info }) => wanted.has(info.protocol ? 'DownstreamEnd' : 'TcpConnectionEnd') !== exclude;
};

const compilers: Readonly<Record<string, Compiler>> = {
  statusCodeFilter: statusCode,
  durationFilter: duration,
  notHealthCheckFilter: () => () => true,
  traceableFilter: () => () => true,
  runtimeFilter: runtimeFraction,
  andFilter: all,
  orFilter: any,
  headerFilter: header,
  responseFlagFilter: responseFlags,
  grpcStatusFilter: grpcStatus,
  extensionFilter: extension,
  metadataFilter: metadata,
  logTypeFilter: logTypes,
};

function compileList(
  message: Message,
  path: string,
  environment: FilterEnvironment,
  problems: Problem[],
): LogFilter[] {
  return (message.filters ?? []).map((inner: Message, index: number) =>
    compileLogFilter(inner, `${path}.filters[${index}]`, environment, problems),
  );
}

/** Compiles an AccessLogFilter message; what is wrong is added to `problems`. */
export function compileLogFilter(
  message: Message,
  path: string,
  environment: FilterEnvironment,
  problems: Problem[],
): LogFilter {
  for (const [field, compiler] of Object.entries(compilers)) {
    if (message[field] !== undefined)
      return compiler(message[field], `${path}.${field}`, environment, problems);
  }
  problems.push({
    code: 'Missing',
    severity: 'error',
    path,
    message: 'an access log filter must name one of its kinds',
  });
  return () => true;
}
