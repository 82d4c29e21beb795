import { responseFlag } from '../../telemetry/response-flags.ts';
import type { ResetReason } from '../upstream/reset-reason.ts';

export interface Failure {
  readonly status: number;
  readonly flag: number;
  readonly details: string;
  readonly body: string;
}

const flags: Readonly<Record<ResetReason, number>> = {
  overflow: responseFlag.UO,
  'remote connection failure': responseFlag.UF,
  'local connection failure': responseFlag.UF,
  'connection timeout': responseFlag.UF,
  'connection termination': responseFlag.UC,
  'protocol error': responseFlag.UPE,
  'remote reset': responseFlag.UR,
  'local reset': responseFlag.LR,
};

/** What the client and the log are told when an upstream attempt fails for good. */
export function failureOf(
  reason: ResetReason,
  transport: string,
  retried: boolean,
  started: boolean,
): Failure {
  const cause = reason.replaceAll(' ', '_') + (transport === '' ? '' : `|${transport}`);
  const point = started ? 'after' : 'before';
  const prefix = 'upstream connect error or disconnect/reset before headers. ';
  return {
    status: reason === 'protocol error' ? 502 : 503,
    flag: flags[reason],
    details: `upstream_reset_${point}_response_started{${cause}}`,
    body: `${prefix}${retried ? 'retried and the latest ' : ''}reset reason: ${reason}`,
  };
}
