import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Program, start } from '../../testing/start.ts';

const programs: Program[] = [];
let details: Program;
let ratings: Program;

async function run(main: string, environment: Record<string, string> = {}): Promise<Program> {
  const program = await start(`bookinfo/src/${main}/main.ts`, ['0'], {
    HOSTNAME: `${main}-pod`,
    ...environment,
  });
  programs.push(program);
  return program;
}

const at = (name: string, port: number) => ({
  [`${name}_HOSTNAME`]: '127.0.0.1',
  [`${name}_SERVICE_PORT`]: String(port),
});

async function shop(reviews: Record<string, string>): Promise<string> {
  const service = await run('reviews', { ...at('RATINGS', ratings.port), ...reviews });
  return page({ ...at('DETAILS', details.port), ...at('REVIEWS', service.port) });
}

async function page(places: Record<string, string>): Promise<string> {
  const front = await run('productpage', places);
  return `http://127.0.0.1:${front.port}`;
}

before(async () => {
  [details, ratings] = await Promise.all([run('details'), run('ratings')]);
});

after(async () => {
  const codes = await Promise.all(programs.map((program) => program.stop()));
  assert(codes.every((code) => code === 0));
});

test('version 1 shows no stars, version 2 black ones, version 3 red ones', async () => {
  const [v1, v2, v3] = await Promise.all([
    shop({ ENABLE_RATINGS: 'false' }),
    shop({ ENABLE_RATINGS: 'true', STAR_COLOR: 'black' }),
    shop({ ENABLE_RATINGS: 'true', STAR_COLOR: 'red' }),
  ]);
  const pages = await Promise.all(
    [v1, v2, v3].map(async (base) => (await fetch(`${base}/productpage`)).text()),
  );
  for (const text of pages) {
    for (const phrase of [
      '<title>Simple Bookstore App</title>',
      '1234567890',
      'PublisherA',
      'Reviewer2',
      'reviews-pod',
    ]) {
      assert(text.includes(phrase), phrase);
    }
  }
  assert(!/glyphicon|text-black|text-red/.test(pages[0]!));
  assert.equal(pages[1]!.match(/glyphicon glyphicon-star/g)?.length, 9);
  assert(pages[1]!.includes('text-black-500') && !pages[1]!.includes('text-red-500'));
  assert(pages[2]!.includes('text-red-500') && !pages[2]!.includes('text-black-500'));
});

test('signing in is remembered, passed on as end-user, and forgotten by signing out', async () => {
  const seen: http.IncomingHttpHeaders[] = [];
  const backend = http.createServer((request, response) => {
    seen.push(request.headers);
    response.end('{}');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = backend.address() as AddressInfo;
  const base = await page({ ...at('DETAILS', port), ...at('REVIEWS', port) });
  const login = await fetch(`${base}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: 'jason', passwd: 'x' }),
    headers: { referer: `${base}/productpage` },
    redirect: 'manual',
  });
  assert.equal(login.status, 302);
  assert.equal(login.headers.get('location'), `${base}/productpage`);
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
  const headers = {
    cookie,
    'x-request-id': 'abc',
    'x-b3-traceid': 'def',
    'x-other': 'no',
    'end-user': 'mallory',
  };
  await fetch(`${base}/api/v1/products/0`, { headers });
  assert.equal(seen[0]!['end-user'], 'jason');
  assert.equal(seen[0]!['x-request-id'], 'abc');
  assert.equal(seen[0]!['x-b3-traceid'], 'def');
  assert.equal(seen[0]!['x-other'], undefined);
  await fetch(`${base}/api/v1/products/0`, { headers: { cookie: `${cookie}x` } });
  assert.equal(seen[1]!['end-user'], undefined);
  const logout = await fetch(`${base}/logout`, { redirect: 'manual', headers: { cookie } });
  assert.match(logout.headers.get('set-cookie')!, /^session=;/);
  await new Promise((resolve) => backend.close(resolve));
});

test('failures become sentences; reviews are tried twice', async () => {
  let calls = 0;
  const backend = http.createServer((_request, response) => {
    calls++;
    response.writeHead(555).end();
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = backend.address() as AddressInfo;
  const base = await page({ ...at('DETAILS', port), ...at('REVIEWS', port) });
  const text = await (await fetch(`${base}/productpage`)).text();
  assert(text.includes('Error fetching product details'));
  assert(text.includes('Sorry, product reviews are currently unavailable for this book.'));
  assert.equal(calls, 3);
  assert.equal((await fetch(`${base}/api/v1/products/0`)).status, 555);
  assert.match(
    await (await fetch(`${base}/metrics`)).text(),
    /request_result_total\{destination_app="reviews",response_code="555"\} 1/,
  );
  const reviews = await run('reviews', { ...at('RATINGS', port), ENABLE_RATINGS: 'true' });
  const answer = (await (await fetch(`http://127.0.0.1:${reviews.port}/reviews/0`)).json()) as any;
  assert.equal(answer.reviews[0].rating.error, 'Ratings service is currently unavailable');
  await new Promise((resolve) => backend.close(resolve));
});

test('ratings keep what is posted and refuse what is not JSON', async () => {
  const url = `http://127.0.0.1:${ratings.port}/ratings/7`;
  assert.deepEqual(await (await fetch(url)).json(), { id: 7, ratings: { Reviewer1: 5, Reviewer2: 4 } });
  await fetch(url, { method: 'POST', body: '{"Reviewer1":1}' });
  assert.deepEqual(await (await fetch(url)).json(), { id: 7, ratings: { Reviewer1: 1 } });
  assert.equal((await fetch(url, { method: 'POST', body: '{' })).status, 400);
  assert.equal((await fetch(`http://127.0.0.1:${ratings.port}/ratings/x`)).status, 400);
  assert.equal((await fetch(`http://127.0.0.1:${details.port}/details/x`)).status, 400);
});
