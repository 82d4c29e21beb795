import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type LogEntry, type LogFile, parseEntry, rotatedName } from '../container/log-file.ts';
import { logPath } from '../pod/names.ts';
import type { ServerContext } from './index.ts';
import { HttpProblem } from './problem.ts';

interface LogOptions {
  readonly timestamps: boolean;
  readonly tail?: number;
  /** Entries before this time (milliseconds) are left out. */
  readonly since?: number;
  readonly stream?: string;
}

/** `GET /containerLogs/NAMESPACE/POD/CONTAINER`, with the kubelet's query. */
export function serveLogs(
  response: ServerResponse,
  [namespace, pod, container]: string[],
  query: URLSearchParams,
  { pods, context }: ServerContext,
): void {
  const worker = pods.find(namespace ?? '', pod ?? '');
  const record = worker?.record(container ?? '');
  if (!worker || !record) throw new HttpProblem(404, `container ${container} in pod ${pod} was not found`);
  const previous = query.get('previous') === 'true';
  const run = record.restartCount - (previous ? 1 : 0);
  const file = logPath(context.podsDirectory, worker.uid, container!, run);
  if (previous && (run < 0 || !existsSync(file))) {
    throw new HttpProblem(400, `previous terminated container "${container}" in pod "${pod}" not found`);
  }
  if (!previous && !record.hasRun) {
    const waiting = record.state.waiting;
    const reason = waiting?.reason ?? 'ContainerCreating';
    const text = reason.includes('Image') ? 'trying and failing to pull image' : reason;
    throw new HttpProblem(400, `container "${container}" in pod "${pod}" is waiting to start: ${text}`);
  }
  const options = parseOptions(query, context.clock.now());
  response.writeHead(200, { 'content-type': 'text/plain' });
  const write = limiter(response, Number(query.get('limitBytes') || Number.POSITIVE_INFINITY));
  for (const entry of select(readEntries(file), options)) write(format(entry, options));
  const log = worker.run(container!)?.created.log;
  if (previous || query.get('follow') !== 'true' || log?.path !== file) return void response.end();
  follow(response, log, options, write);
}

function parseOptions(query: URLSearchParams, now: number): LogOptions {
  const seconds = query.get('sinceSeconds');
  const time = query.get('sinceTime');
  const tail = query.get('tailLines');
  return {
    timestamps: query.get('timestamps') === 'true',
    tail: tail === null ? undefined : Math.max(0, Number(tail)),
    since: seconds ? now - Number(seconds) * 1000 : time ? Date.parse(time) : undefined,
    stream: query.get('stream')?.toLowerCase(),
  };
}

function readEntries(file: string): LogEntry[] {
  const text = [rotatedName(file), file]
    .map((name) => (existsSync(name) ? readFileSync(name, 'utf8') : ''))
    .join('');
  return text.split('\n').flatMap((line) => parseEntry(line) ?? []);
}

/** The entries that the options ask for. Pure. */
export function select(
  entries: readonly LogEntry[],
  { since, tail, stream }: LogOptions,
): readonly LogEntry[] {
  const wanted = entries.filter(
    (entry) =>
      (since === undefined || Date.parse(entry.time) >= since) &&
      (stream === undefined || stream === 'all' || stream === entry.stream),
  );
  return tail === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - tail));
}

function format(entry: LogEntry, { timestamps }: LogOptions): string {
  const end = entry.partial ? '' : '\n';
  return timestamps ? `${entry.time} ${entry.text}${end}` : `${entry.text}${end}`;
}

function limiter(response: ServerResponse, limit: number): (text: string) => boolean {
  let left = limit;
  return (text) => {
    const bytes = Buffer.from(text).subarray(0, left);
    left -= bytes.length;
    if (bytes.length > 0) response.write(bytes);
    return left > 0;
  };
}

/** A reader that is slower than this many bytes behind is given up. */
const longestQueue = 16 * 1024 * 1024;

function follow(
  response: ServerResponse,
  log: LogFile,
  options: LogOptions,
  write: (text: string) => boolean,
): void {
  // Without a first byte the reader would not know that the log is open.
  response.flushHeaders();
  const stop = log.follow((entry) => {
    const more = entry && write(format(entry, options));
    if (more && response.writableLength < longestQueue) return;
    response.end();
  });
  response.on('close', stop);
}
