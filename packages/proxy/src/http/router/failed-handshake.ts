import type { ResponseHeaders } from '../header-list.ts';
import type { Stream } from '../stream.ts';

/** A WebSocket upgrade that the upstream answers with 200 has failed. */
export function isFailedHandshake(stream: Stream, status: number): boolean {
  return status === 200 && stream.upgrade === 'websocket';
}

/** The client gets the upstream's status and headers, without the body. */
export function answerFailedHandshake(stream: Stream, headers: ResponseHeaders): void {
  stream.sendLocalReply(headers.status, '', 'websocket_handshake_unsuccessful', (reply) => {
    for (let i = 0; i < headers.list.length; i += 2) {
      const name = headers.list[i]!;
      if (name !== 'content-length' && name !== 'content-type') reply.add(name, headers.list[i + 1]!);
    }
  });
}
