import type { SocketAddress } from '../connection-info.ts';

/** The longest time that a timer can be set to; longer ones are as good as never. */
const longest = 2 ** 31 - 1;

/** Milliseconds of a canonical JSON duration such as `1.5s`. */
export function milliseconds(duration: string | undefined, fallback: number): number {
  if (duration === undefined) return fallback;
  return Math.min(longest, Math.round(Number.parseFloat(duration) * 1e6) / 1000);
}

/** Host and port of an Address message; undefined for pipes and internal addresses. */
export function socketAddress(address: Readonly<Record<string, any>> | undefined): SocketAddress | undefined {
  const socket = address?.socketAddress;
  return socket ? { address: socket.address ?? '', port: socket.portValue ?? 0 } : undefined;
}

export const typeName = (any: Readonly<Record<string, any>> | undefined): string =>
  String(any?.['@type'] ?? '').replace(/^type\.googleapis\.com\//, '');
