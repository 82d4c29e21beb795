import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';
import type { SocketAddress } from '../connection-info.ts';

type GetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: number[]) => number;
type SetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: number) => number;

export interface Libc {
  readonly getsockopt: GetSockOpt;
  readonly setsockopt: SetSockOpt;
}

const ipLevel = 0;
const originalDestinationOption = 80;
const transparentOption = 19;

/** Calls into the C library; loaded only by listeners that need what Node does not offer. */
export function loadLibc(): Libc {
  const koffi = createRequire(import.meta.url)('koffi');
  const libc = koffi.load('libc.so.6');
  return {
    getsockopt: libc.func('int getsockopt(int, int, int, _Out_ uint8_t *v, _Inout_ uint32_t *len)'),
    setsockopt: libc.func('int setsockopt(int, int, int, const uint8_t *v, uint32_t len)'),
  };
}

const descriptor = (socket: Socket | Server): number =>
  (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;

/** Where the client wanted to go before the kernel redirected it; undefined when it did not. */
export function originalDestination(libc: Libc, socket: Socket): SocketAddress | undefined {
  const bytes = Buffer.alloc(28);
  if (libc.getsockopt(descriptor(socket), ipLevel, originalDestinationOption, bytes, [16]) !== 0)
    return undefined;
  return { address: [...bytes.subarray(4, 8)].join('.'), port: bytes.readUInt16BE(2) };
}

/** Lets a listening socket take connections for addresses that are not the machine's own; false when refused. */
export function setTransparent(libc: Libc, server: Server): boolean {
  const on = Buffer.from([1, 0, 0, 0]);
  return libc.setsockopt(descriptor(server), ipLevel, transparentOption, on, 4) === 0;
}
