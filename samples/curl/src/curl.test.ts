import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type Program, start } from '../../testing/start.ts';

const main = path.join(import.meta.dirname, 'main.ts');
let httpbin: Program;
before(async () => {
  httpbin = await start('httpbin/src/main.ts');
});
after(() => httpbin.stop());

function curl(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const filled = words.map((word) => word.replace('HTTPBIN', `127.0.0.1:${httpbin.port}`));
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...filled], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

test('sends what curl sends', async () => {
  const { out } = await curl('-s', 'HTTPBIN/headers', '-H', 'x-a: 1', '-H', 'Host: web.example');
  assert.deepEqual(Object.keys(JSON.parse(out).headers), ['Accept', 'Host', 'User-Agent', 'X-A']);
  assert.deepEqual(JSON.parse(out).headers.Host, ['web.example']);
  const posted = JSON.parse((await curl('-s', '-d', 'a=1', '-d', 'b=2', 'HTTPBIN/post')).out);
  assert.deepEqual(posted.form, { a: ['1'], b: ['2'] });
  const json = JSON.parse((await curl('-sX', 'PUT', '--json', '{"a":1}', 'http://HTTPBIN/put')).out);
  assert.deepEqual(json.json, { a: 1 });
});

test('codes, redirects and what is printed', async () => {
  assert.deepEqual(await curl('-s', '-o', '/dev/null', '-w', '%{http_code}\\n', 'HTTPBIN/status/503'), {
    code: 0,
    out: '503\n',
    err: '',
  });
  const failed = await curl('-sSf', 'HTTPBIN/status/503');
  assert.deepEqual(failed, { code: 22, out: '', err: 'curl: (22) The requested URL returned error: 503\n' });
  assert.equal(
    (await curl('-sL', '-o', '/dev/null', '-w', '%{http_code} %{num_redirects}', 'HTTPBIN/redirect/2')).out,
    '200 2',
  );
  assert.match((await curl('-sI', 'HTTPBIN/get')).out, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
  assert.match(
    (await curl('-sv', 'HTTPBIN/ip')).err,
    /> GET \/ip HTTP\/1\.1\r\n> Host: 127[\s\S]*< HTTP\/1\.1 200 OK\r\n/,
  );
  const resolved = await curl(
    '-s',
    '--resolve',
    `web.example:${httpbin.port}:127.0.0.1`,
    `http://web.example:${httpbin.port}/ip`,
  );
  assert.match(resolved.out, /"origin": "127\.0\.0\.1"/);
});

test('failures have curl’s codes', async () => {
  const refused = await curl('-sS', 'http://127.0.0.1:1/');
  assert.equal(refused.code, 7);
  assert.match(
    refused.err,
    /^curl: \(7\) Failed to connect to 127\.0\.0\.1 port 1 after \d+ ms: Couldn't connect to server\n$/,
  );
  const late = await curl('-s', '-m', '0.2', '-w', '%{http_code}', 'HTTPBIN/delay/5');
  assert.deepEqual([late.code, late.out], [28, '000']);
  assert.equal((await curl('-s', 'ftp://x/')).code, 1);
  assert.equal((await curl('--nonsense')).code, 2);
});
