import { Buffer } from 'node:buffer';
import { isGrpc } from '../route/compile.ts';
import { grpcMessage, grpcStatusOf } from './grpc.ts';
import { ResponseHeaders } from './header-list.ts';
import type { Stream } from './stream.ts';

export interface LocalReply {
  readonly headers: ResponseHeaders;
  readonly body: Buffer | undefined;
  /** What `%LOCAL_REPLY_BODY%` prints. */
  readonly text: string | undefined;
}

/** An answer in the proxy's own name: plain text, or for gRPC a status in the headers. */
export function buildLocalReply(
  stream: Stream,
  status: number,
  body: string | Buffer,
  modify: ((headers: ResponseHeaders) => void) | undefined,
  grpcStatus: number | undefined,
): LocalReply {
  const headers = new ResponseHeaders(status);
  if (stream.match?.route.action.kind === 'forward') stream.applyResponseOps(headers);
  modify?.(headers);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const text = bytes.length === 0 ? undefined : bytes.toString();
  if (stream.hasRequest && isGrpc(stream.request.first('content-type'))) {
    headers.status = 200;
    headers.set('content-type', 'application/grpc');
    headers.set('grpc-status', String(grpcStatus ?? grpcStatusOf(status)));
    if (text !== undefined) headers.set('grpc-message', grpcMessage(text));
    return { headers, body: undefined, text };
  }
  if (text === undefined) return { headers, body: undefined, text };
  headers.set('content-length', String(bytes.length));
  if (!headers.has('content-type')) headers.add('content-type', 'text/plain');
  return { headers, body: bytes, text };
}
