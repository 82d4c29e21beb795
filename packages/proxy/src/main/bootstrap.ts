import { readFileSync } from 'node:fs';
import type { Problem } from '@lateen/kit';
import { parse } from '@lateen/xds/codec';
import { bootstrapType } from '@lateen/xds/type-urls';
import { type Message, Problems, words } from '../config/problems.ts';
import { parseText } from '../config/text.ts';
import { typeName } from '../config/values.ts';
import type { CommandLine } from './options.ts';

/** A bootstrap that cannot be used; the message has one line for each problem. */
export class BootstrapError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(
      problems
        .map((problem) => (problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`))
        .join('\n'),
    );
    this.problems = problems;
  }
}

const known =
  words(`node nodeContextParams staticResources dynamicResources clusterManager hdsConfig flagsPath statsSinks statsConfig
  statsFlushInterval statsFlushOnAdmin watchdog watchdogs tracing layeredRuntime admin overloadManager enableDispatcherStats headerPrefix
  statsServerVersionOverride useTcpForDnsLookups dnsResolutionConfig typedDnsResolverConfig bootstrapExtensions fatalActions configSources
  defaultConfigSource defaultSocketInterface certificateProviderInstances inlineHeaders perfTracingFilePath defaultRegexEngine
  xdsDelegateExtension xdsConfigTrackerExtension listenerManager applicationLogConfig grpcAsyncClientManagerConfig memoryAllocatorManager
  deferredStatOptions`);

const unsupported: Readonly<Record<string, string>> = {
  hdsConfig: 'the health discovery service',
  fatalActions: 'fatal_actions',
  xdsDelegateExtension: 'xds_delegate_extension',
  listenerManager: 'listener_manager',
  statsSinks: 'a stats sink',
  tracing: 'tracing in the bootstrap',
};

/** The bootstrap as canonical JSON; unknown fields and what this proxy cannot do are refused with their paths. */
export function readBootstrap(value: unknown): Message {
  const parsed = parse(bootstrapType, value);
  const errors = parsed.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new BootstrapError(errors);
  const message = parsed.value as Message;
  const problems = new Problems();
  problems.onlyKnown(message, known, '');
  for (const [field, what] of Object.entries(unsupported)) {
    if (message[field] !== undefined) problems.unsupported(snake(field), what);
  }
  checkClusterManager(message.clusterManager ?? {}, problems);
  checkAdmin(message.admin ?? {}, problems);
  checkOverload(message.overloadManager ?? {}, problems);
  if (problems.list.length > 0) throw new BootstrapError(problems.list);
  return message;
}

const snake = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function checkClusterManager(manager: Message, problems: Problems): void {
  if (manager.localClusterName)
    problems.unsupported('cluster_manager.local_cluster_name', 'zone aware routing');
  if (manager.loadStatsConfig) problems.unsupported('cluster_manager.load_stats_config', 'load reporting');
  if (manager.outlierDetection?.eventLogPath) {
    problems.unsupported('cluster_manager.outlier_detection.event_log_path', 'an event log');
  }
}

/** The interface has no log of its own; only a path that leads nowhere is accepted for it. */
function checkAdmin(admin: Message, problems: Problems): void {
  const paths = [
    admin.accessLogPath,
    ...(admin.accessLog ?? []).map((entry: Message) => entry.typedConfig?.path),
  ];
  for (const path of paths)
    if (path && path !== '/dev/null') problems.unsupported('admin.access_log', 'a log of admin requests');
}

export const downstreamMonitor =
  'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';

function checkOverload(overload: Message, problems: Problems): void {
  for (const [index, monitor] of (overload.resourceMonitors ?? []).entries()) {
    const type = typeName(monitor.typedConfig);
    if (type !== downstreamMonitor)
      problems.unsupported(
        `overload_manager.resource_monitors[${index}]`,
        `resource monitor ${type || monitor.name}`,
      );
  }
  for (const field of ['actions', 'loadshedPoints', 'bufferFactoryConfig']) {
    if (overload[field] !== undefined) problems.unsupported(`overload_manager.${snake(field)}`, field);
  }
}

/** Reads `--config-path` and merges `--config-yaml` over it. */
export async function loadBootstrapFiles(line: CommandLine): Promise<unknown> {
  if (line.configPath === '' && line.configYaml === '') {
    throw new BootstrapError([
      problem(
        '',
        'At least one of --config-path or --config-yaml or Options::configProto() should be non-empty',
      ),
    ]);
  }
  const file = line.configPath === '' ? {} : await parseFile(readText(line.configPath), line.configPath);
  const inline = line.configYaml === '' ? {} : await parseFile(line.configYaml, '--config-yaml');
  return merge(file, inline);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BootstrapError([problem('', `unable to read file: ${path}: ${(error as Error).message}`)]);
  }
}

async function parseFile(text: string, name: string): Promise<unknown> {
  try {
    return await parseText(text, name);
  } catch (error) {
    throw new BootstrapError([problem('', (error as Error).message)]);
  }
}

function merge(base: unknown, over: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(over)) return [...base, ...over];
  if (!isObject(base) || !isObject(over)) return over ?? base;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    result[key] = key in base ? merge(base[key], value) : value;
  return result;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problem(path: string, message: string): Problem {
  return { code: 'InvalidBootstrap', severity: 'error', path, message };
}
