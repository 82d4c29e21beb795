import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { SpdyConnection, type SpdyStream } from './connection.ts';
import { spdyDictionary } from './dictionary.ts';
import { controlFrame, dataFrame, type Frame, FrameReader, flagFin, frameTypes, uint32 } from './frames.ts';

test('the dictionary is the one of the protocol', () => {
  assert.equal(spdyDictionary.length, 1423);
  assert.equal(zlib.crc32(spdyDictionary), 80234766);
});

const field = (value: string) => Buffer.concat([uint32(value.length), Buffer.from(value)]);

test('a client opens a stream, sends, and gets an answer', async () => {
  const [client, transport] = duplexPair();
  const opened = new Promise<SpdyStream>((resolve) => {
    new SpdyConnection(transport, resolve);
  });
  const frames: Frame[] = [];
  const reader = new FrameReader();
  client.on('data', (chunk: Buffer) => frames.push(...reader.push(chunk)));
  const deflate = zlib.createDeflate({ dictionary: spdyDictionary, flush: zlib.constants.Z_SYNC_FLUSH });
  const block = Buffer.concat([uint32(1), field('Streamtype'), field('stdin')]);
  const compressed = await new Promise<Buffer>((resolve) => {
    deflate.once('data', resolve);
    deflate.write(block);
  });
  const syn = controlFrame(
    frameTypes.synStream,
    Buffer.concat([uint32(1, 0), Buffer.from([0, 0]), compressed]),
  );
  const bytes = Buffer.concat([
    syn,
    dataFrame(1, Buffer.from('hello')),
    dataFrame(1, Buffer.alloc(0), flagFin),
  ]);
  for (let at = 0; at < bytes.length; at += 7) client.write(bytes.subarray(at, at + 7));
  const stream = await opened;
  assert.equal(stream.headers.streamtype, 'stdin');
  assert.equal(await text(stream), 'hello');
  await new Promise<void>((resolve) => stream.end('answer', resolve));
  await new Promise(setImmediate);
  assert.deepEqual(
    frames.map((frame) => (frame.kind === 'data' ? `${frame.payload}/${frame.flags}` : frame.type)),
    [frameTypes.synReply, 'answer/0', `/${flagFin}`],
  );
});

test('what is no SPDY is not taken', () => {
  assert.throws(() => new FrameReader().push(Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])), /version 2/);
  assert.throws(() => new FrameReader().push(Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff])), /too long/);
});
