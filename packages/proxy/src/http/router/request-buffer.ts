import type { Buffer } from 'node:buffer';
import type { TrailerList } from '../header-list.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const limit = 1024 * 1024;

/** A request's body for as long as it may have to be sent (again). */
export class RequestBuffer {
  private readonly pieces: Buffer[] = [];
  private size = 0;
  trailers: TrailerList | undefined = undefined;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** False when it is now larger than it may be. */
  add(data: Buffer): boolean {
    if (data.length > 0) this.pieces.push(data);
    this.size += data.length;
    return this.size <= limit;
  }

  replay(attempt: UpstreamRequest, complete: boolean): void {
    const last = this.pieces.length - 1;
    const endsWithData = complete && this.trailers === undefined;
    for (const [index, piece] of this.pieces.entries())
      attempt.sendBody(piece, endsWithData && index === last);
    if (this.trailers !== undefined) attempt.sendTrailers(this.trailers);
  }
}
