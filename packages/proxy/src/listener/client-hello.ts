export interface ClientHello {
  readonly serverName: string;
  readonly protocols: readonly string[];
}

/** Reads a TLS ClientHello from the first bytes of a connection; `none` when it is no TLS. */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'none' {
  if (bytes.length === 0) return 'more';
  if (bytes[0] !== 0x16 || (bytes.length > 1 && bytes[1] !== 3)) return 'none';
  const handshake = joinRecords(bytes);
  if (handshake.length < 4) return 'more';
  if (handshake[0] !== 1) return 'none';
  const length = handshake.readUIntBE(1, 3);
  if (length > 65_536) return 'none';
  if (handshake.length < 4 + length) return 'more';
  try {
    return readExtensions(handshake.subarray(4, 4 + length));
  } catch {
    return { serverName: '', protocols: [] };
  }
}

/** A hello may be spread over several records. */
function joinRecords(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 5 <= bytes.length && bytes[at] === 0x16) {
    const length = bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function readExtensions(hello: Buffer): ClientHello {
  let at = 34;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  let serverName = '';
  let protocols: string[] = [];
  if (at + 2 > hello.length) return { serverName, protocols };
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    const body = hello.subarray(at + 4, at + 4 + length);
    if (type === 0) serverName = body.toString('latin1', 5, 5 + body.readUInt16BE(3)).toLowerCase();
    if (type === 16) protocols = readProtocols(body);
    at += 4 + length;
  }
  return { serverName, protocols };
}

function readProtocols(body: Buffer): string[] {
  const protocols: string[] = [];
  for (let at = 2; at < body.length; at += 1 + body[at]!)
    protocols.push(body.toString('latin1', at + 1, at + 1 + body[at]!));
  return protocols;
}
