import { isIPv4, isIPv6 } from 'node:net';
import type { SocketAddress } from '../connection-info.ts';

export interface ProxyHeader {
  readonly length: number;
  readonly remote?: SocketAddress;
  readonly local?: SocketAddress;
}

const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const longestText = 108;

/** Reads a PROXY protocol header at the beginning of a connection. */
export function readProxyProtocol(bytes: Buffer): ProxyHeader | 'more' | 'invalid' {
  if (bytes.length === 0) return 'more';
  const head = bytes.subarray(0, signature.length);
  if (head.equals(signature.subarray(0, head.length)))
    return head.length < signature.length ? 'more' : readBinary(bytes);
  return 'PROXY '.startsWith(bytes.toString('latin1', 0, 6)) ? readText(bytes) : 'invalid';
}

function readText(bytes: Buffer): ProxyHeader | 'more' | 'invalid' {
  const end = bytes.indexOf('\r\n');
  if (end < 0) return bytes.length < longestText ? 'more' : 'invalid';
  const parts = bytes.toString('latin1', 0, end).split(' ');
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = ''] = parts;
  if (family === 'UNKNOWN') return { length: end + 2 };
  const valid = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  if (parts.length !== 6 || !valid(source) || !valid(destination)) return 'invalid';
  if (!/^\d{1,5}$/.test(sourcePort) || !/^\d{1,5}$/.test(destinationPort)) return 'invalid';
  return {
    length: end + 2,
    remote: { address: source, port: Number(sourcePort) },
    local: { address: destination, port: Number(destinationPort) },
  };
}

function readBinary(bytes: Buffer): ProxyHeader | 'more' | 'invalid' {
  if (bytes.length < 16) return 'more';
  const command = bytes[12]!;
  if (command >> 4 !== 2 || (command & 15) > 1) return 'invalid';
  const length = 16 + bytes.readUInt16BE(14);
  if (bytes.length < length) return 'more';
  if ((command & 15) === 0) return { length };
  if (bytes[13] === 0x11 && length >= 28) {
    return {
      length,
      remote: { address: [...bytes.subarray(16, 20)].join('.'), port: bytes.readUInt16BE(24) },
      local: { address: [...bytes.subarray(20, 24)].join('.'), port: bytes.readUInt16BE(26) },
    };
  }
  if (bytes[13] === 0x21 && length >= 52) {
    return {
      length,
      remote: { address: v6(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) },
      local: { address: v6(bytes.subarray(32, 48)), port: bytes.readUInt16BE(50) },
    };
  }
  return bytes[13] === 0 ? { length } : 'invalid';
}

function v6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
