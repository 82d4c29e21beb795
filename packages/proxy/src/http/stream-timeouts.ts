import { responseFlag } from '../telemetry/response-flags.ts';
import type { Stream } from './stream.ts';

/** Nothing has moved for too long: 408 when the client stalls, 504 when the upstream does. */
export function onStreamIdle(stream: Stream): void {
  stream.manager.stats.rqIdleTimeout.inc();
  stream.info.responseFlags |= responseFlag.SI;
  const status = stream.requestComplete ? 504 : 408;
  stream.sendLocalReply(status, 'stream timeout', 'stream_idle_timeout');
}

/** The whole request has not come in time. */
export function onRequestTimeout(stream: Stream): void {
  stream.manager.stats.rqTimeout.inc();
  const details = stream.hasRequest ? 'request_overall_timeout' : 'request_header_timeout';
  stream.sendLocalReply(408, 'request timeout', details);
}

/** The head of the request has not come in time. */
export function onHeaderTimeout(stream: Stream): void {
  stream.manager.stats.rqHeaderTimeout.inc();
  stream.sendLocalReply(408, 'request header timeout', 'request_header_timeout');
}

/** Request and answer have taken as long as they may. */
export function onDurationTimeout(stream: Stream): void {
  stream.manager.stats.rqMaxDuration.inc();
  const status = stream.requestComplete ? 504 : 408;
  stream.sendLocalReply(status, 'downstream duration timeout', 'max_duration_timeout', undefined, 4);
}
