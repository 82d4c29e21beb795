import type { Buffer } from 'node:buffer';
import type { ResponseHeaders, TrailerList } from './header-list.ts';
import type { Stream } from './stream.ts';

/** How a stream writes its answer; the connection's codec implements it. */
export interface StreamWriter {
  sendHeaders(headers: ResponseHeaders, end: boolean): void;
  sendBody(data: Buffer, end: boolean): void;
  sendTrailers(trailers: TrailerList): void;
  sendContinue(): void;
  /** Ends the connection in the middle of an answer. */
  resetStream(): void;
  /** The whole exchange is over. */
  onStreamDone(stream: Stream): void;
  /** A stream that takes the place of the one that is under way, for a redirect that is followed here. */
  replaceStream(): Stream;
  /** The connection must not be used for another request. */
  closeAfterStream(): void;
  readonly closesAfterStream: boolean;
  /** Whether the connection (or its listener) drains: the answer then says so. */
  checkDrain(): void;
  pauseReading(): void;
  resumeReading(): void;
  armIdle(milliseconds: number): void;
  armRequest(milliseconds: number): void;
  armDuration(milliseconds: number): void;
  armResponse(milliseconds: number): void;
  disarmResponse(): void;
  disarmRequest(): void;
  readonly writeBlocked: boolean;
}
