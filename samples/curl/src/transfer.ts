import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { CurlError, curlError } from './error.ts';
import type { Options } from './options.ts';
import type { Sink } from './sink.ts';
import { type Target, targetOf } from './target.ts';

/** What `--write-out` can tell about a transfer. */
export interface Facts {
  method: string;
  url: string;
  status: number;
  httpVersion: string;
  contentType: string;
  headers: Array<[string, string]>;
  redirects: number;
  redirectUrl: string;
  remote: string;
  remotePort: number;
  local: string;
  localPort: number;
  headerBytes: number;
  size: number;
  uploaded: number;
  nameLookup: number;
  connect: number;
  tls: number;
  firstByte: number;
  total: number;
}

export function newFacts(): Facts {
  const times = { nameLookup: 0, connect: 0, tls: 0, firstByte: 0, total: 0 };
  const peer = { remote: '', remotePort: 0, local: '', localPort: 0 };
  const empty = { method: 'GET', url: '', status: 0, httpVersion: '0', contentType: '', headers: [] };
  return { ...empty, ...times, ...peer, redirects: 0, redirectUrl: '', headerBytes: 0, size: 0, uploaded: 0 };
}

/** One request with its redirects, into the sink. Fills in `facts` as far as it gets. */
export async function transfer(start: URL, options: Options, sink: Sink, facts: Facts): Promise<void> {
  const began = performance.now();
  let url = start;
  let body = requestBody(options);
  let method = options.method ?? (options.head ? 'HEAD' : options.upload ? 'PUT' : body ? 'POST' : 'GET');
  if (options.dataInQuery && body) {
    url.search += `${url.search === '' ? '?' : '&'}${body.toString('utf8')}`;
    method = options.method ?? (options.head ? 'HEAD' : 'GET');
    body = undefined;
  }
  for (;;) {
    facts.url = url.href;
    facts.method = method;
    const location = await exchange(targetOf(url, options), method, body, options, sink, facts, began);
    facts.total = seconds(began);
    if (location === undefined) break;
    if (facts.redirects >= options.maxRedirects) {
      throw new CurlError(47, `Maximum (${options.maxRedirects}) redirects followed`);
    }
    facts.redirects++;
    const becomesGet = !options.method && (facts.status === 303 || (facts.status < 303 && method === 'POST'));
    if (becomesGet) {
      method = options.head ? 'HEAD' : 'GET';
      body = undefined;
    }
    url = new URL(location, url);
  }
  const refused = (options.fail || options.failWithBody) && facts.status >= 400;
  if (refused) throw new CurlError(22, `The requested URL returned error: ${facts.status}`);
}

function requestBody({ data, upload }: Options): Buffer | undefined {
  if (upload !== undefined) return readFileSync(upload === '-' || upload === '.' ? 0 : upload);
  if (data.length === 0) return undefined;
  return Buffer.concat(data.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from('&'), part])));
}

/** One request and its answer; resolves with where to go next when redirects are followed. */
function exchange(
  target: Target,
  method: string,
  body: Buffer | undefined,
  options: Options,
  sink: Sink,
  facts: Facts,
  began: number,
): Promise<string | undefined> {
  const { url } = target;
  const secure = url.protocol === 'https:';
  let connected = false;
  let received = 0;
  return new Promise((resolve, reject) => {
    const request = openRequest(target, method, options);
    const headers = requestHeaders(url, body, options);
    // Node's own defaults would be seen by the server.
    request.removeHeader('connection');
    for (const [name, value] of headers) {
      const already = request.getHeader(name);
      request.setHeader(name, already === undefined ? value : [already as string, value].flat());
    }
    const fail = (error: Error) => {
      facts.total = seconds(began);
      if (error instanceof CurlError) return reject(error);
      const elapsed = Math.round(performance.now() - began);
      const where = { host: url.hostname, port: target.port, elapsed, received, connected, secure };
      reject(curlError(error, where));
    };
    const timeUp = limitTime(
      options,
      began,
      () => received,
      () => connected,
      target,
      (error) => request.destroy(error),
    );
    request.on('socket', (socket) => {
      socket.once('lookup', () => {
        facts.nameLookup = seconds(began);
      });
      socket.once('connect', () => {
        connected = true;
        notePeer(socket, facts, began);
        sink.info(`Connected to ${url.hostname} (${socket.remoteAddress}) port ${socket.remotePort}`);
      });
      socket.once('secureConnect', () => {
        facts.tls = seconds(began);
      });
    });
    request.on('finish', () => sink.sent(`${method} ${requestTarget(url)} HTTP/1.1`, headers));
    request.on('error', (error) => {
      timeUp();
      fail(error);
    });
    request.on('response', (response) => {
      facts.firstByte = seconds(began);
      noteHead(response, url, facts);
      const location = options.follow && facts.redirectUrl !== '' ? facts.redirectUrl : undefined;
      sink.head(
        `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`,
        facts.headers,
      );
      const keepBody = location === undefined && !(options.fail && facts.status >= 400);
      const content = options.compressed ? decoded(response) : response;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        facts.size = received;
      });
      content.on('data', (chunk: Buffer) => keepBody && sink.body(chunk));
      response.on('aborted', () => fail(brokenOff(response, received)));
      response.on('error', (error) => fail(response.complete ? error : brokenOff(response, received)));
      content.on('end', () => {
        timeUp();
        resolve(location);
      });
    });
    if (body) facts.uploaded = body.length;
    request.end(body);
  });
}

function openRequest(
  { url, connectHost, connectPort }: Target,
  method: string,
  options: Options,
): http.ClientRequest {
  const common = {
    agent: false as const,
    method,
    path: requestTarget(url),
    host: connectHost,
    port: connectPort,
    family: options.family,
    socketPath: options.unixSocket,
    setHost: false,
    insecureHTTPParser: true,
  };
  if (url.protocol === 'http:') return http.request(common);
  const read = (file: string | undefined) => (file ? readFileSync(file) : undefined);
  return https.request({
    ...common,
    servername: /^[\d.]+$|:/.test(url.hostname) ? '' : url.hostname,
    rejectUnauthorized: !options.insecure,
    ca: read(options.cacert),
    cert: read(options.cert),
    key: read(options.key ?? options.cert),
  });
}

function requestTarget(url: URL): string {
  return url.pathname + url.search;
}

/** In the order in which curl sends them; a header given empty is left out, one given with a semicolon is sent empty. */
function requestHeaders(url: URL, body: Buffer | undefined, options: Options): Array<[string, string]> {
  const given = new Map(options.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const headers: Array<[string, string]> = [];
  const standard = (name: string, value: string | undefined) => {
    if (value !== undefined && !given.has(name.toLowerCase())) headers.push([name, value]);
  };
  const credentials =
    options.user ??
    (url.username && `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  headers.push(['Host', given.get('host') || url.host]);
  standard('Authorization', credentials ? `Basic ${Buffer.from(credentials).toString('base64')}` : undefined);
  standard('User-Agent', options.userAgent || undefined);
  standard('Accept', options.json ? 'application/json' : '*/*');
  standard('Referer', options.referer);
  standard('Accept-Encoding', options.compressed ? 'deflate, gzip, br' : undefined);
  standard('Cookie', options.cookie);
  for (const [name, value] of options.headers) {
    if (name.toLowerCase() !== 'host' && value !== '') headers.push([name, value === '\0' ? '' : value]);
  }
  if (body) {
    standard('Content-Length', String(body.length));
    const type = options.json ? 'application/json' : 'application/x-www-form-urlencoded';
    standard('Content-Type', options.upload ? undefined : type);
  }
  return headers;
}

function limitTime(
  { maxTime, connectTimeout }: Options,
  began: number,
  received: () => number,
  connected: () => boolean,
  { url }: Target,
  destroy: (error: Error) => void,
): () => void {
  const timers: NodeJS.Timeout[] = [];
  const passed = () => Math.round(performance.now() - began);
  if (maxTime > 0) {
    const late = () => {
      const text = connected()
        ? `Operation timed out after ${passed()} milliseconds with ${received()} bytes received`
        : `Connection timed out after ${passed()} milliseconds`;
      destroy(new CurlError(28, text));
    };
    timers.push(setTimeout(late, Math.max(1, maxTime * 1000 - passed())));
  }
  const connectLate = () => {
    const text = `Failed to connect to ${url.hostname} port ${url.port || 80} after ${passed()} ms: Timeout was reached`;
    if (!connected()) destroy(new CurlError(28, text));
  };
  if (connectTimeout > 0) timers.push(setTimeout(connectLate, connectTimeout * 1000));
  return () => timers.forEach(clearTimeout);
}

function notePeer(socket: Socket, facts: Facts, began: number): void {
  facts.connect = seconds(began);
  facts.remote = socket.remoteAddress ?? '';
  facts.remotePort = socket.remotePort ?? 0;
  facts.local = socket.localAddress ?? '';
  facts.localPort = socket.localPort ?? 0;
}

function noteHead(response: http.IncomingMessage, url: URL, facts: Facts): void {
  facts.status = response.statusCode ?? 0;
  facts.httpVersion = response.httpVersion;
  facts.contentType = response.headers['content-type'] ?? '';
  facts.headers = [];
  for (let at = 0; at < response.rawHeaders.length; at += 2) {
    facts.headers.push([response.rawHeaders[at]!, response.rawHeaders[at + 1]!]);
  }
  facts.headerBytes = facts.headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 19);
  const { location } = response.headers;
  const redirected = facts.status >= 300 && facts.status < 400 && location !== undefined;
  facts.redirectUrl = redirected ? new URL(location, url).href : '';
}

function decoded(response: http.IncomingMessage): NodeJS.ReadableStream {
  const decoders: Record<string, () => NodeJS.ReadWriteStream> = {
    gzip: createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const decoder = decoders[response.headers['content-encoding'] ?? ''];
  return decoder ? response.pipe(decoder()) : response;
}

function brokenOff(response: http.IncomingMessage, received: number): CurlError {
  const length = Number(response.headers['content-length']);
  if (Number.isNaN(length)) return new CurlError(18, 'transfer closed with outstanding read data remaining');
  return new CurlError(18, `end of response with ${length - received} bytes missing`);
}

function seconds(began: number): number {
  return (performance.now() - began) / 1000;
}
