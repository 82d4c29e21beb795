import type http from 'node:http';
import { readAll } from '../../shared/serve.ts';

/** Header values as lists, as go-httpbin answers, or joined, as the older httpbin did. */
const joined = process.env.HTTPBIN_FLAVOR === 'python';

export function shownHeaders(request: http.IncomingMessage): Record<string, unknown> {
  const headers: Record<string, string[]> = {};
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = canonicalName(request.rawHeaders[at]!);
    headers[name] = [...(headers[name] ?? []), request.rawHeaders[at + 1]!];
  }
  const sorted = Object.entries(headers).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, values]) => [name, joined ? values.join(', ') : values]));
}

function canonicalName(name: string): string {
  return name.replace(/[^-]+/g, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase());
}

export function shownArguments(parameters: URLSearchParams): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of new Set(parameters.keys())) {
    const all = parameters.getAll(name);
    values[name] = joined && all.length === 1 ? all[0] : all;
  }
  return values;
}

export function origin(request: http.IncomingMessage): string {
  const forwarded = request.headers['x-forwarded-for'];
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
  return first || (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

export function fullUrl(request: http.IncomingMessage): string {
  const scheme = request.headers['x-forwarded-proto'] ?? 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}${request.url}`;
}

/** What `/get` says about a request. */
export function describe(request: http.IncomingMessage, url: URL): Record<string, unknown> {
  return {
    args: shownArguments(url.searchParams),
    headers: shownHeaders(request),
    method: request.method,
    origin: origin(request),
    url: fullUrl(request),
  };
}

/** What `/post` and `/anything` say: the body too, and what it means. */
export async function describeBody(
  request: http.IncomingMessage,
  url: URL,
): Promise<Record<string, unknown>> {
  const data = (await readAll(request, 10 << 20)).toString('utf8');
  const type = request.headers['content-type'] ?? '';
  const isForm = type.startsWith('application/x-www-form-urlencoded');
  return {
    ...describe(request, url),
    data: isForm ? '' : data,
    files: {},
    form: isForm ? shownArguments(new URLSearchParams(data)) : {},
    json: parseJson(data),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function answerPretty(response: http.ServerResponse, status: number, value: unknown): void {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  response.writeHead(status, {
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': '*',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
