import type { Buffer } from 'node:buffer';

/** Methods that Buffers have and that their types leave out; they skip the argument checks of `toString` and `write`. */
interface FastBuffer {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as FastBuffer).latin1Slice(start, end);
}

export function writeLatin1(buffer: Buffer, text: string, offset: number): number {
  return (buffer as unknown as FastBuffer).latin1Write(text, offset);
}
