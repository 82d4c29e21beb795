import { crc32 } from 'node:zlib';

const headerSize = 8;

/** One record of a log file: length, checksum, payload. */
export function frame(payload: string): Buffer {
  const size = Buffer.byteLength(payload);
  const out = Buffer.allocUnsafe(headerSize + size);
  out.write(payload, headerSize);
  out.writeUInt32LE(size, 0);
  out.writeUInt32LE(crc32(out.subarray(headerSize)), 4);
  return out;
}

/** The whole records at the start of a file, and how many bytes they take: what follows was torn by a crash. */
export function readFrames(file: Buffer): { payloads: string[]; length: number } {
  const payloads: string[] = [];
  let at = 0;
  while (at + headerSize <= file.length) {
    const end = at + headerSize + file.readUInt32LE(at);
    if (end > file.length) break;
    const payload = file.subarray(at + headerSize, end);
    if (crc32(payload) !== file.readUInt32LE(at + 4)) break;
    payloads.push(payload.toString('utf8'));
    at = end;
  }
  return { payloads, length: at };
}
