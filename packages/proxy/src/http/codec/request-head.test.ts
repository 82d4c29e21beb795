import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyReader } from './body-reader.ts';
import { HeadReader } from './head-reader.ts';
import { NameTable } from './names.ts';
import { parseRequestHead, type RequestHead, type RequestHeadOptions } from './request-head.ts';
import { lastChunkText, requestHeadText } from './serialize.ts';

const options: RequestHeadOptions = {
  maxBytes: 60 * 1024,
  maxCount: 100,
  underscores: 'ALLOW',
  preserveCase: false,
  allowAbsoluteUrl: true,
  allowChunkedLength: false,
  acceptHttp10: false,
};

const names = new NameTable('request');
const parse = (text: string) => parseRequestHead(text, names, options);
const isHead = (result: ReturnType<typeof parse>): result is RequestHead => 'headers' in result;

interface Exchange {
  readonly heads: RequestHead[];
  readonly bodies: string[];
  readonly fault: string | undefined;
}

/** Reads a byte stream as a connection does, whatever the sizes of its pieces. */
function read(pieces: readonly Buffer[]): Exchange {
  const head = new HeadReader(true);
  const body = new BodyReader(names, options, false);
  const heads: RequestHead[] = [];
  const bodies: string[] = [];
  const sink = {
    onBody: (data: Buffer) => {
      bodies[bodies.length - 1] += data.toString('latin1');
    },
    onBodyEnd: () => {},
  };
  for (const piece of pieces) {
    let position = 0;
    while (position < piece.length) {
      if (!body.complete) {
        position = body.feed(piece, position, sink);
        if (body.fault) return { heads, bodies, fault: body.fault.details };
        continue;
      }
      if (!head.feed(piece, position)) break;
      const parsed = parse(head.text);
      if (!isHead(parsed)) return { heads, bodies, fault: parsed.details };
      position = head.consumed(parsed.end);
      head.reset();
      heads.push(parsed);
      bodies.push('');
      body.start(
        parsed.chunked ? 'chunked' : parsed.contentLength > 0 ? 'length' : 'none',
        parsed.contentLength,
      );
    }
  }
  return { heads, bodies, fault: undefined };
}

function split(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const points = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...points].map((from, index) => bytes.subarray(from, points[index] ?? bytes.length));
}

/** The request as it would go upstream. */
function forward(head: RequestHead, body: string): string {
  const chunked = head.chunked || (body !== '' && !head.headers.has('content-length'));
  const text = requestHeadText(head.headers, chunked ? 'chunked' : 'none', 'lower');
  if (!chunked) return text + body;
  return text + (body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`) + lastChunkText(undefined);
}

test('refuses what Envoy refuses, with its details', () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      'http1.content_length_and_chunked_not_allowed',
    ],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n', 'http1.codec_error'],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n', 'http1.codec_error'],
    [
      'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      'http1.invalid_transfer_encoding',
    ],
    [
      'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
      'http1.invalid_transfer_encoding',
    ],
    ['GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n', 'http1.codec_error'],
    ['GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 'http1.invalid_characters'],
    ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'http.invalid_authority'],
    ['GET / HTTP/1.1\r\nHost: a\r\n: v\r\n\r\n', 'http1.codec_error'],
    ['GET foo HTTP/1.1\r\nHost: a\r\n\r\n', 'http1.codec_error'],
    ['BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 'http1.codec_error'],
    ['GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n', 'http1.invalid_scheme'],
    ['GET / HTTP/1.1\r\nHost: a\r\nConnection: x-forwarded-for\r\n\r\n', 'http1.connection_header_rejected'],
  ];
  for (const [text, details] of cases) {
    const result = parse(text);
    assert.equal(isHead(result) ? 'accepted' : result.details, details, JSON.stringify(text));
  }
});

test('joins, folds and trims as Envoy does', () => {
  const result = parse(
    'GET  /p?q HTTP/1.1 \r\nHost: a\r\nHost: b\nX-Fold: one\r\n\ttwo\r\nX-CR: a\rb\r\nAccept: a\r\naccept: b\r\n\r\n',
  );
  assert.ok(isHead(result));
  assert.equal(result.headers.authority, 'a,b');
  assert.deepEqual(result.headers.list, ['x-fold', 'one\ttwo', 'x-cr', 'ab', 'accept', 'a,b']);
});

test('hop-by-hop headers do not go upstream', () => {
  const result = parse(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-drop\r\nX-Drop: 1\r\nKeep-Alive: 1\r\nTE: gzip, trailers\r\nUpgrade: x\r\n\r\n',
  );
  assert.ok(isHead(result));
  assert.equal(
    requestHeadText(result.headers, 'none', 'lower'),
    'GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n',
  );
  assert.equal(result.close, true);
});

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^[!-~\x80-\xff]([\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?$/);
const plainName = token.filter(
  (name) =>
    !/^(host|content-length|transfer-encoding|connection|upgrade|expect|te|keep-alive|proxy-connection)$/i.test(
      name,
    ),
);
const cuts = fc.array(fc.nat(), { maxLength: 8 });
const bodyText = fc.stringMatching(/^[\s\S]{0,40}$/).map((text) => Buffer.from(text).toString('latin1'));

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    headers: fc.array(fc.tuple(plainName, value), { maxLength: 6 }),
    body: bodyText,
    chunked: fc.boolean(),
  })
  .map(({ method, headers, body, chunked }) => {
    const lines = headers.map(([name, text]) => `${name}: ${text}\r\n`).join('');
    const framing = chunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.length}\r\n`;
    const payload = chunked
      ? (body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`) + '0\r\n\r\n'
      : body;
    return { text: `${method} /p HTTP/1.1\r\nHost: h\r\n${lines}${framing}\r\n${payload}`, body, headers };
  });

test('reads the same requests wherever the bytes are split', () => {
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), cuts, (requests, points) => {
      const { bodies, fault } = read(split(requests.map(({ text }) => text).join(''), points));
      assert.equal(fault, undefined);
      assert.deepEqual(
        bodies,
        requests.map(({ body }) => body),
      );
    }),
    { numRuns: 300 },
  );
});

test('never throws, whatever comes', () => {
  const noise = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      '\0',
      ':',
      ' ',
      '\t',
      'GET / HTTP/1.1\r\n',
      'Host: a\r\n',
      'Content-Length: 1\r\n',
      'Transfer-Encoding: chunked\r\n',
      '0\r\n\r\n',
      'ffffffffffffffff\r\n',
    ),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 14 }), cuts, (parts, points) => {
      read(split(Buffer.from(parts.join('')).toString('latin1'), points));
    }),
    { numRuns: 600 },
  );
});

test('what is forwarded is read again as the very same request, and nothing else', () => {
  const smuggled = fc.constantFrom(
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'content-length: 3\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'Transfer-Encoding:\tchunked\r\n',
    'Transfer-Encoding: x\r\n chunked\r\n',
    'Connection: content-length\r\n',
    'Connection: transfer-encoding\r\n',
    'Connection: close\r\n',
    'X: a\r\n b\r\n',
    'X: a\rb\r\n',
    'Content-Length : 3\r\n',
    'X: \x0bchunked\r\n',
    'Host: b\r\n',
    'Expect: 100-continue\r\n',
  );
  const payload = fc.constantFrom(
    '',
    'abc',
    '0\r\n\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
    '5\r\nGET /\r\n0\r\n\r\n',
    'GET /evil HTTP/1.1\r\nHost: e\r\n\r\n',
    '3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n',
  );
  fc.assert(
    fc.property(
      fc.array(smuggled, { maxLength: 4 }),
      payload,
      fc.constantFrom('GET', 'POST'),
      (lines, body, method) => {
        const first = read([
          Buffer.from(`${method} /p HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n${body}`, 'latin1'),
        ]);
        first.heads.forEach((head, index) => {
          const complete =
            index < first.heads.length - 1 ||
            head.chunked ||
            head.contentLength <= 0 ||
            first.bodies[index]!.length === head.contentLength;
          if (!complete || (first.fault !== undefined && index === first.heads.length - 1)) return;
          const sent = forward(head, first.bodies[index]!);
          const again = read([Buffer.from(sent, 'latin1')]);
          assert.equal(again.fault, undefined, sent);
          assert.equal(again.heads.length, 1, sent);
          assert.equal(again.bodies[0], first.bodies[index], sent);
          assert.deepEqual(again.heads[0]!.headers.list, head.headers.list, sent);
          assert.equal(again.heads[0]!.headers.authority, head.headers.authority);
        });
      },
    ),
    { numRuns: 800 },
  );
});
