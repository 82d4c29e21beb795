import type { Buffer } from 'node:buffer';
import { headIsComplete } from './head-lines.ts';
import { latin1 } from './latin1.ts';

const window = 4096;

/**
 * Gathers the bytes of a message head. Bytes are decoded to latin1 text once; a head that arrives in one piece
 * (nearly all do) is never copied again.
 */
export class HeadReader {
  /** Text from the head's first character on; may run beyond the head's end. */
  text = '';
  /** Bytes of the current chunk that stand before `text`'s first not yet counted character. */
  private held = 0;
  private readonly skipsEmptyLines: boolean;

  /** Empty lines before a request are passed over; before an answer they are none. */
  constructor(skipsEmptyLines: boolean) {
    this.skipsEmptyLines = skipsEmptyLines;
  }

  /**
   * Takes bytes of `chunk` from `from`. True when `text` holds a complete head; then `consumed` tells where the
   * body begins. False when all bytes were taken and more are needed.
   */
  feed(chunk: Buffer, from: number): boolean {
    let start = from;
    if (this.text === '' && this.skipsEmptyLines) {
      while (start < chunk.length && (chunk[start] === 13 || chunk[start] === 10)) start++;
      if (start === chunk.length) return false;
    }
    this.held = this.text.length - start;
    let end = start;
    while (end < chunk.length) {
      const scanFrom = Math.max(0, this.text.length - 2);
      const next = Math.min(chunk.length, end + window);
      this.text += latin1(chunk, end, next);
      end = next;
      if (headIsComplete(this.text, scanFrom)) return true;
    }
    return false;
  }

  /** Index in the chunk last fed that belongs to index `end` of `text`. */
  consumed(end: number): number {
    return end - this.held;
  }

  reset(): void {
    this.text = '';
    this.held = 0;
  }
}
