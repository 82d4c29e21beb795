import type { Problem, Result } from '@lateen/kit';
import type { AccessLogWriter, Formatter, Message } from '../../http/types.ts';
import {
  compileJsonFormat,
  compileTextFormat,
  defaultAccessLogFormat,
  type FormatEnvironment,
} from '../format/index.ts';
import type { LogFile, LogFiles } from './file.ts';
import { compileLogFilter, type FilterEnvironment } from './filter.ts';

export interface AccessLogEnvironment {
  readonly format: FormatEnvironment;
  readonly filter: FilterEnvironment;
  readonly files: LogFiles;
}

const prefix = 'type.googleapis.com/envoy.extensions.access_loggers.';
const fileType = `${prefix}file.v3.FileAccessLog`;
const streams: Readonly<Record<string, string>> = {
  [`${prefix}stream.v3.StdoutAccessLog`]: '/dev/stdout',
  [`${prefix}stream.v3.StderrAccessLog`]: '/dev/stderr',
};

/** Compiles one AccessLog message: its filter, its format and where its lines go. */
export function createAccessLogger(
  config: Message,
  path: string,
  environment: AccessLogEnvironment,
): Result<AccessLogWriter | undefined> {
  const problems: Problem[] = [];
  const typed: Message = config.typedConfig ?? {};
  const target = streams[typed['@type']] ?? (typed['@type'] === fileType ? typed.path : undefined);
  if (target === undefined) {
    const message = `access logger ${typed['@type'] ?? config.name} is not supported`;
    return {
      value: undefined,
      problems: [{ code: 'Unsupported', severity: 'error', path: `${path}.typedConfig`, message }],
    };
  }
  const filter =
    config.filter && compileLogFilter(config.filter, `${path}.filter`, environment.filter, problems);
  const format = compileFormat(typed, `${path}.typedConfig`, environment.format);
  problems.push(...format.problems);
  const file = problems.length === 0 ? open(target, path, environment.files, problems) : undefined;
  const formatter = format.value;
  if (!file || !formatter) return { value: undefined, problems };
  const write: AccessLogWriter = filter
    ? (context) => filter(context) && file.write(formatter(context))
    : (context) => file.write(formatter(context));
  return { value: write, problems };
}

function open(target: string, path: string, files: LogFiles, problems: Problem[]): LogFile | undefined {
  try {
    return files.open(target);
  } catch (error) {
    const message = `unable to open file '${target}': ${(error as Error).message}`;
    problems.push({ code: 'NotWritable', severity: 'error', path: `${path}.typedConfig.path`, message });
    return undefined;
  }
}

function compileFormat(
  typed: Message,
  path: string,
  environment: FormatEnvironment,
): Result<Formatter | undefined> {
  if (typed.format !== undefined)
    return compileTextFormat(typed.format || defaultAccessLogFormat, `${path}.format`, environment);
  if (typed.jsonFormat) return compileJsonFormat(typed.jsonFormat, `${path}.jsonFormat`, environment);
  if (typed.typedJsonFormat)
    return compileJsonFormat(typed.typedJsonFormat, `${path}.typedJsonFormat`, environment);
  if (!typed.logFormat) return compileTextFormat(defaultAccessLogFormat, path, environment);
  return compileSubstitutionFormat(typed.logFormat, `${path}.logFormat`, environment);
}

/** Compiles a SubstitutionFormatString message. */
export function compileSubstitutionFormat(
  message: Message,
  path: string,
  environment: FormatEnvironment,
): Result<Formatter | undefined> {
  const options = { omitEmpty: message.omitEmptyValues === true };
  if (message.jsonFormat)
    return compileJsonFormat(message.jsonFormat, `${path}.jsonFormat`, environment, options);
  const text =
    message.textFormat ??
    message.textFormatSource?.inlineString ??
    inlineBytes(message.textFormatSource?.inlineBytes);
  if (text === undefined) {
    const problem: Problem = {
      code: 'Unsupported',
      severity: 'error',
      path,
      message: 'needs text_format_source.inline_string or json_format',
    };
    return { value: undefined, problems: [problem] };
  }
  return compileTextFormat(text, `${path}.textFormatSource.inlineString`, environment, options);
}

const inlineBytes = (value: string | undefined) =>
  value === undefined ? undefined : Buffer.from(value, 'base64').toString();
