import type { StreamInfo } from '../../stream-info.ts';
import type { OperatorCompiler } from './operator.ts';

/** Milliseconds since the stream began at which something happened. */
const points: Readonly<Record<string, (info: StreamInfo) => number | undefined>> = {
  DS_RX_BEG: () => 0,
  DS_RX_END: (info) => info.lastDownstreamRxByte,
  US_CX_BEG: (info) => info.firstUpstreamTxByte,
  US_CX_END: (info) => info.firstUpstreamTxByte,
  US_HS_END: () => undefined,
  US_TX_BEG: (info) => info.firstUpstreamTxByte,
  US_TX_END: (info) => info.lastUpstreamTxByte,
  US_RX_BEG: (info) => info.firstUpstreamRxByte,
  US_RX_BODY_BEG: (info) => info.firstUpstreamRxByte,
  US_RX_END: (info) => info.lastUpstreamRxByte,
  DS_TX_BEG: (info) => info.firstDownstreamTxByte,
  DS_TX_END: (info) => info.lastDownstreamTxByte,
};

const units: Readonly<Record<string, number>> = { ms: 1, us: 1000, ns: 1_000_000 };

const whole = (milliseconds: number | undefined, factor = 1) =>
  milliseconds === undefined ? undefined : Math.max(0, Math.floor(milliseconds * factor));

function difference(later: number | undefined, earlier: number | undefined): number | undefined {
  return later === undefined || earlier === undefined ? undefined : later - earlier;
}

const commonDuration: OperatorCompiler = (argument) => {
  const [from = '', to = '', unit = 'ms'] = (argument ?? '').split(':');
  // Other names are time points that a filter may set; none does.
  const first = points[from] ?? (() => undefined);
  const last = points[to] ?? (() => undefined);
  const factor = units[unit];
  if (from === '' || to === '' || factor === undefined)
    return `Invalid common duration configuration: ${argument}.`;
  return ({ info }) => whole(difference(last(info), first(info)), factor);
};

export const durationOperators: Readonly<Record<string, OperatorCompiler>> = {
  DURATION:
    (_argument, environment) =>
    ({ info }) =>
      whole(info.completedAt ?? environment.monotonic() - info.startedAt),
  COMMON_DURATION: commonDuration,
  REQUEST_DURATION:
    () =>
    ({ info }) =>
      whole(info.lastDownstreamRxByte),
  REQUEST_TX_DURATION:
    () =>
    ({ info }) =>
      whole(info.lastUpstreamTxByte),
  RESPONSE_DURATION:
    () =>
    ({ info }) =>
      whole(info.firstUpstreamRxByte),
  RESPONSE_TX_DURATION:
    () =>
    ({ info }) =>
      whole(difference(info.lastDownstreamTxByte, info.firstUpstreamRxByte)),
  DOWNSTREAM_HANDSHAKE_DURATION: () => () => undefined,
  ROUNDTRIP_DURATION: () => () => undefined,
};
