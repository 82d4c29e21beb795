/** Bits of `StreamInfo.responseFlags`; the names are those that access logs print. */
export const responseFlag = {
  LH: 1 << 0,
  UH: 1 << 1,
  UT: 1 << 2,
  LR: 1 << 3,
  UR: 1 << 4,
  UF: 1 << 5,
  UC: 1 << 6,
  UO: 1 << 7,
  NR: 1 << 8,
  DI: 1 << 9,
  FI: 1 << 10,
  RL: 1 << 11,
  UAEX: 1 << 12,
  RLSE: 1 << 13,
  DC: 1 << 14,
  URX: 1 << 15,
  SI: 1 << 16,
  IH: 1 << 17,
  DPE: 1 << 18,
  UMSDR: 1 << 19,
  RFCF: 1 << 20,
  NFCF: 1 << 21,
  DT: 1 << 22,
  UPE: 1 << 23,
  NC: 1 << 24,
  OM: 1 << 25,
  DF: 1 << 26,
  DO: 1 << 27,
  DR: 1 << 28,
  UDO: 1 << 29,
} as const;

export type ResponseFlagName = keyof typeof responseFlag;

const longNames: Readonly<Record<ResponseFlagName, string>> = {
  LH: 'FailedLocalHealthCheck',
  UH: 'NoHealthyUpstream',
  UT: 'UpstreamRequestTimeout',
  LR: 'LocalReset',
  UR: 'UpstreamRemoteReset',
  UF: 'UpstreamConnectionFailure',
  UC: 'UpstreamConnectionTermination',
  UO: 'UpstreamOverflow',
  NR: 'NoRouteFound',
  DI: 'DelayInjected',
  FI: 'FaultInjected',
  RL: 'RateLimited',
  UAEX: 'UnauthorizedExternalService',
  RLSE: 'RateLimitServiceError',
  DC: 'DownstreamConnectionTermination',
  URX: 'UpstreamRetryLimitExceeded',
  SI: 'StreamIdleTimeout',
  IH: 'InvalidEnvoyRequestHeaders',
  DPE: 'DownstreamProtocolError',
  UMSDR: 'UpstreamMaxStreamDurationReached',
  RFCF: 'ResponseFromCacheFilter',
  NFCF: 'NoFilterConfigFound',
  DT: 'DurationTimeout',
  UPE: 'UpstreamProtocolError',
  NC: 'NoClusterFound',
  OM: 'OverloadManagerTerminated',
  DF: 'DnsResolutionFailed',
  DO: 'DropOverload',
  DR: 'DownstreamRemoteReset',
  UDO: 'UnconditionalDropOverload',
};

const names = Object.keys(responseFlag) as ResponseFlagName[];

/** `UF,URX`; `-` when there is none. In HTTP the exhausted retries were noticed before the last failure, so URX leads. */
export function formatResponseFlags(flags: number, http: boolean): string {
  return join(flags, http, (name) => name);
}

export function formatResponseFlagsLong(flags: number, http: boolean): string {
  return join(flags, http, (name) => longNames[name]);
}

function join(flags: number, http: boolean, show: (name: ResponseFlagName) => string): string {
  if (flags === 0) return '-';
  const set = names.filter((name) => flags & responseFlag[name]);
  if (flags & responseFlag.URX) {
    set.splice(set.indexOf('URX'), 1);
    if (http) set.unshift('URX');
    else set.push('URX');
  }
  return set.map(show).join(',');
}

/** The bits of the named flags; names that do not exist are returned in `unknown`. */
export function parseResponseFlags(list: readonly string[]): {
  readonly bits: number;
  readonly unknown: readonly string[];
} {
  let bits = 0;
  const unknown: string[] = [];
  for (const name of list) {
    const bit = responseFlag[name as ResponseFlagName];
    if (bit === undefined) unknown.push(name);
    else bits |= bit;
  }
  return { bits, unknown };
}
