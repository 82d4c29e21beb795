import { StringDecoder } from 'node:string_decoder';
import type { KubeObject, WatchEvent } from './types.ts';

/** The events of a watch response: one JSON document a line, however the bytes are cut. */
export async function* watchEvents<T extends KubeObject>(
  stream: AsyncIterable<Buffer>,
): AsyncIterable<WatchEvent<T>> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  for await (const chunk of stream) {
    const text = decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      parts.push(text.slice(start, end));
      start = end + 1;
      const line = parts.length === 1 ? parts[0]! : parts.join('');
      parts = [];
      if (line.trim() !== '') yield JSON.parse(line);
    }
    if (start < text.length) parts.push(text.slice(start));
  }
}
