import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type http from 'node:http';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { answerText } from '../../shared/serve.ts';
import { answerPretty, describe, describeBody, fullUrl, origin, shownHeaders } from './answers.ts';

export interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly url: URL;
  /** Parts of the path that the pattern's groups caught. */
  readonly parts: readonly string[];
}

type Route = readonly [pattern: RegExp, handle: (exchange: Exchange) => void | Promise<void>];

const html = 'text/html; charset=utf-8';

/** The routes of httpbin that Istio's tasks and the usual tools ask for, first match first. */
export const routes: readonly Route[] = [
  [/^\/$/, ({ response }) => answerText(response, 200, indexPage(), html)],
  [/^\/(?:get|head)$/, ({ request, response, url }) => answerPretty(response, 200, describe(request, url))],
  [/^\/(?:post|put|patch|delete)$/, answerBody],
  [/^\/anything(?:\/.*)?$/, answerBody],
  [/^\/headers$/, ({ request, response }) => answerPretty(response, 200, { headers: shownHeaders(request) })],
  [/^\/ip$/, ({ request, response }) => answerPretty(response, 200, { origin: origin(request) })],
  [
    /^\/user-agent$/,
    ({ request, response }) =>
      answerPretty(response, 200, { 'user-agent': request.headers['user-agent'] ?? '' }),
  ],
  [/^\/hostname$/, ({ response }) => answerPretty(response, 200, { hostname: os.hostname() })],
  [/^\/uuid$/, ({ response }) => answerPretty(response, 200, { uuid: randomUUID() })],
  [/^\/status\/([\d,:.]+)$/, answerStatus],
  [/^\/delay\/([\d.]+)$/, answerLate],
  [/^\/bytes\/(\d+)$/, answerBytes],
  [/^\/stream\/(\d+)$/, answerStream],
  [/^\/drip$/, answerDrip],
  [/^\/response-headers$/, answerHeaders],
  [
    /^\/redirect\/(\d+)$/,
    ({ response, parts }) => redirect(response, nextHop('/redirect', Number(parts[0]))),
  ],
  [
    /^\/relative-redirect\/(\d+)$/,
    ({ response, parts }) => redirect(response, nextHop('/relative-redirect', Number(parts[0]))),
  ],
  [
    /^\/absolute-redirect\/(\d+)$/,
    ({ request, response, parts }) => {
      const base = fullUrl(request).slice(0, -request.url!.length);
      redirect(response, base + nextHop('/absolute-redirect', Number(parts[0])));
    },
  ],
  [
    /^\/redirect-to$/,
    ({ response, url }) =>
      redirect(
        response,
        url.searchParams.get('url') ?? '/',
        Number(url.searchParams.get('status_code') ?? 302),
      ),
  ],
  [/^\/cookies$/, ({ request, response }) => answerPretty(response, 200, { cookies: cookiesOf(request) })],
  [
    /^\/cookies\/set$/,
    ({ response, url }) =>
      setCookies(
        response,
        [...url.searchParams].map(([name, value]) => `${name}=${value}; Path=/`),
      ),
  ],
  [
    /^\/cookies\/delete$/,
    ({ response, url }) =>
      setCookies(
        response,
        [...url.searchParams.keys()].map((name) => `${name}=; Path=/; Max-Age=0`),
      ),
  ],
  [/^\/basic-auth\/([^/]+)\/([^/]+)$/, answerBasicAuth],
  [/^\/bearer$/, answerBearer],
  [/^\/cache(?:\/(\d+))?$/, answerCache],
  [/^\/etag\/([^/]+)$/, answerEtag],
  [/^\/gzip$/, answerGzip],
  [/^\/html$/, ({ response }) => answerText(response, 200, samplePage(), html)],
  [/^\/json$/, ({ response }) => answerPretty(response, 200, sampleData)],
  [
    /^\/xml$/,
    ({ response }) =>
      answerText(response, 200, '<?xml version="1.0"?>\n<slideshow title="Sample"/>\n', 'application/xml'),
  ],
  [/^\/robots\.txt$/, ({ response }) => answerText(response, 200, 'User-agent: *\nDisallow: /deny\n')],
  [/^\/deny$/, ({ response }) => answerText(response, 200, "You shouldn't be here\n")],
  [
    /^\/encoding\/utf8$/,
    ({ response }) => answerText(response, 200, '<p>Zażółć gęślą jaźń · 你好 · ñ</p>\n', html),
  ],
];

async function answerBody({ request, response, url }: Exchange): Promise<void> {
  answerPretty(response, 200, await describeBody(request, url));
}

const teapot =
  '\n    -=[ teapot ]=-\n\n       _...._\n     .\'  _ _ `.\n    | ."` ^ `". _,\n    \\_;`"---"`|//\n      |       ;/\n      \\_     _/\n        `"""`\n';

/** One code, or several with weights: `200:0.9,500:0.1`. */
function answerStatus({ response, parts }: Exchange): void {
  const code = chooseStatus(parts[0]!);
  if (!code || code < 200 || code > 599) answerText(response, 400, 'invalid status code\n');
  else if (code === 418) answerText(response, 418, teapot);
  else response.writeHead(code, statusHeaders(code)).end();
}

function chooseStatus(text: string): number | undefined {
  const choices = text.split(',').map((choice) => choice.split(':').map(Number));
  let ticket = Math.random() * choices.reduce((sum, [, weight]) => sum + (weight ?? 1), 0);
  for (const [code, weight] of choices) {
    ticket -= weight ?? 1;
    if (ticket < 0) return code;
  }
  return choices[0]![0];
}

function statusHeaders(code: number): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = {};
  if (code === 401) headers['www-authenticate'] = 'Basic realm="Fake Realm"';
  if (code >= 300 && code < 400 && code !== 304) headers.location = '/redirect/1';
  if (code !== 204 && code !== 304) headers['content-length'] = 0;
  return headers;
}

async function answerLate({ request, response, url, parts }: Exchange): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const body = describeBody(request, url);
  try {
    await delay(Math.min(Number(parts[0]) || 0, 10) * 1000, undefined, { signal: gone.signal });
  } catch {
    return;
  }
  answerPretty(response, 200, await body);
}

function answerBytes({ response, parts }: Exchange): void {
  const body = randomBytes(Math.min(Number(parts[0]), 1 << 20));
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
  response.end(body);
}

function answerStream({ request, response, url, parts }: Exchange): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let id = 0; id < Math.min(Number(parts[0]), 100); id++) {
    response.write(`${JSON.stringify({ id, ...describe(request, url) })}\n`);
  }
  response.end();
}

async function answerDrip({ response, url }: Exchange): Promise<void> {
  const number = (name: string, fallback: number, most: number) =>
    Math.min(Math.max(0, Number.parseFloat(url.searchParams.get(name) ?? '') || fallback), most);
  const bytes = Math.round(number('numbytes', 10, 1 << 20));
  await delay(number('delay', 0, 10) * 1000);
  const pause = (number('duration', 2, 10) * 1000) / Math.max(1, bytes);
  response.writeHead(number('code', 200, 599), {
    'content-type': 'application/octet-stream',
    'content-length': bytes,
  });
  for (let sent = 0; sent < bytes && !response.destroyed; sent++) {
    response.write('*');
    if (sent < bytes - 1) await delay(pause);
  }
  response.end();
}

function answerHeaders({ response, url }: Exchange): void {
  const names = [...new Set(url.searchParams.keys())];
  const shown = Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]));
  try {
    for (const [name, values] of Object.entries(shown)) response.setHeader(name, values);
    answerPretty(response, 200, shown);
  } catch (error) {
    answerText(response, 400, `${(error as Error).message}\n`);
  }
}

function nextHop(path: string, left: number): string {
  return left > 1 ? `${path}/${left - 1}` : '/get';
}

function redirect(response: http.ServerResponse, location: string, code = 302): void {
  response.writeHead(code >= 300 && code < 400 ? code : 302, { location, 'content-length': 0 }).end();
}

function cookiesOf(request: http.IncomingMessage): Record<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1)]),
  );
}

function setCookies(response: http.ServerResponse, cookies: string[]): void {
  response.writeHead(302, { location: '/cookies', 'set-cookie': cookies, 'content-length': 0 }).end();
}

function answerBasicAuth({ request, response, parts }: Exchange): void {
  const wanted = `Basic ${Buffer.from(`${parts[0]}:${parts[1]}`).toString('base64')}`;
  const authorized = request.headers.authorization === wanted;
  if (!authorized) response.setHeader('www-authenticate', 'Basic realm="Fake Realm"');
  answerPretty(response, authorized ? 200 : 401, { authorized, user: authorized ? parts[0] : '' });
}

function answerBearer({ request, response }: Exchange): void {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token) answerPretty(response, 200, { authenticated: true, token });
  else response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-length': 0 }).end();
}

function answerCache({ request, response, url, parts }: Exchange): void {
  const isKnown = request.headers['if-none-match'] || request.headers['if-modified-since'];
  if (parts[0] === undefined && isKnown) {
    response.writeHead(304).end();
    return;
  }
  if (parts[0] !== undefined) response.setHeader('cache-control', `public, max-age=${parts[0]}`);
  response.setHeader('etag', `"${createHash('sha1').update(url.pathname).digest('hex')}"`);
  answerPretty(response, 200, describe(request, url));
}

function answerEtag({ request, response, url, parts }: Exchange): void {
  const etag = `"${parts[0]}"`;
  response.setHeader('etag', etag);
  if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
  else if (request.headers['if-match'] && request.headers['if-match'] !== etag) answerText(response, 412, '');
  else answerPretty(response, 200, describe(request, url));
}

function answerGzip({ request, response, url }: Exchange): void {
  const body = gzipSync(JSON.stringify({ gzipped: true, ...describe(request, url) }));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'content-length': body.length,
  });
  response.end(body);
}

const sampleData = {
  slideshow: {
    title: 'Sample Slide Show',
    slides: [
      { type: 'all', title: 'A mesh in an hour' },
      { type: 'all', title: 'Overview', items: ['Routes', 'Retries'] },
    ],
  },
};

function samplePage(): string {
  return '<!DOCTYPE html>\n<html lang="en">\n<head><title>A sample page</title></head>\n<body>\n<h1>The lateen rig</h1>\n<p>A triangular sail on a long yard, set fore and aft: with it a boat can beat to windward, which square sails do badly.</p>\n</body>\n</html>\n';
}

function indexPage(): string {
  const paths = [
    'get',
    'headers',
    'ip',
    'user-agent',
    'status/418',
    'delay/1',
    'anything',
    'html',
    'json',
    'uuid',
  ];
  const links = paths.map((path) => `<li><a href="/${path}">/${path}</a></li>`).join('\n');
  return `<!DOCTYPE html>\n<html lang="en">\n<head><title>httpbin</title></head>\n<body>\n<h1>httpbin</h1>\n<p>HTTP requests in, what they looked like out.</p>\n<ul>\n${links}\n</ul>\n</body>\n</html>\n`;
}
