import http from 'node:http';
import path from 'node:path';
import { projectRoot, sharedData } from './cluster.ts';

/** Where a set of sample files lies. */
export interface SampleFiles {
  readonly name: string;
  readonly folder: string;
  readonly bookinfo: string;
  readonly networking: string;
  readonly tcpEcho: string;
}

const files = (name: string, folder: string): SampleFiles => ({
  name,
  folder,
  bookinfo: path.join(folder, 'bookinfo/platform/kube/bookinfo.yaml'),
  networking: path.join(folder, 'bookinfo/networking'),
  tcpEcho: path.join(folder, 'tcp-echo'),
});

/** Our samples, and those of Istio's releases, which must work here as they are. */
export const sampleFiles = {
  ours: files('ours', path.join(projectRoot, 'samples')),
  istio122: files('1.2.2', path.join(sharedData, 'istio-1.2.2/samples')),
  istioToday: files('today', path.join(sharedData, 'istio-today/samples')),
} as const;

export type Stars = 'none' | 'black' | 'red' | 'no ratings' | 'no reviews' | 'no page';

/** What a reader sees on the page. */
export function starsOf(html: string): Stars {
  if (!html.includes('<title>Simple Bookstore App</title>')) return 'no page';
  if (html.includes('Error fetching product reviews')) return 'no reviews';
  if (html.includes('Ratings service is currently unavailable')) return 'no ratings';
  if (html.includes('text-red')) return 'red';
  return html.includes('text-black') ? 'black' : 'none';
}

export interface Page {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds until the whole answer was there. */
  readonly elapsed: number;
}

export function get(url: string, headers: http.OutgoingHttpHeaders = {}): Promise<Page> {
  return send('GET', url, headers);
}

export function send(
  method: string,
  url: string,
  headers: http.OutgoingHttpHeaders = {},
  body = '',
): Promise<Page> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          elapsed: performance.now() - started,
        }),
      );
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${url}: no answer in 20 s`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** How often each version was seen in `count` page views, one after the other. */
export async function countStars(
  url: string,
  count: number,
  cookie?: string,
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const page = await get(url, cookie ? { cookie } : {});
    const stars = starsOf(page.body);
    seen[stars] = (seen[stars] ?? 0) + 1;
  }
  return seen;
}

/** Signs in on the page as a user would and returns the session cookie. */
export async function signIn(url: string, username: string): Promise<string> {
  const answer = await send(
    'POST',
    new URL('/login', url).href,
    { 'content-type': 'application/x-www-form-urlencoded', referer: url },
    `username=${username}&passwd=x`,
  );
  const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
  if (answer.status !== 302 || !cookie)
    throw new Error(`signing in answered ${answer.status} without a cookie`);
  return cookie;
}
