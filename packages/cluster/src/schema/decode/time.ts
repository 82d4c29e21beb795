const layouts = { second: '2006-01-02T15:04:05Z07:00', micro: '2006-01-02T15:04:05.000000Z07:00' };

/** Reads an RFC 3339 time and writes it as Kubernetes does: UTC, in whole seconds or in microseconds. */
export function parseTime(text: string, micro: boolean): { value?: unknown; fatal?: string } {
  const layout = micro ? layouts.micro : layouts.second;
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)([.,]\d+)?(Z|[-+]\d\d:\d\d)$/.exec(text);
  if (match === null || (micro && !/^[.,]\d{6}$/.test(match[7] ?? ''))) {
    return {
      fatal: `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: ${timeProblem(text, micro)}`,
    };
  }
  const range = outOfRange(match);
  if (range !== undefined) return { fatal: `parsing time ${JSON.stringify(text)}: ${range} out of range` };
  const date = new Date(`${text.slice(0, 19)}${match[8]}`);
  const seconds = date.toISOString().slice(0, 19);
  return { value: micro ? `${seconds}.${(match[7] ?? '.').slice(1, 7).padEnd(6, '0')}Z` : `${seconds}Z` };
}

function outOfRange(match: readonly string[]): string | undefined {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as number[];
  if (month! < 1 || month! > 12) return 'month';
  if (day! < 1 || day! > new Date(Date.UTC(year!, month!, 0)).getUTCDate()) return 'day';
  if (hour! > 23) return 'hour';
  if (minute! > 59) return 'minute';
  return second! > 59 ? 'second' : undefined;
}

/** Which part of the layout the text stops to follow. */
function timeProblem(text: string, micro: boolean): string {
  const parts: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d/, '05'],
    ...(micro
      ? ([[/^[.,]\d{6}(?!\d)/, '.000000']] as [RegExp, string][])
      : ([[/^([.,]\d+)?/, '']] as [RegExp, string][])),
    [/^(Z|[-+]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = text;
  for (const [pattern, layout] of parts) {
    const match = pattern.exec(rest);
    if (match === null) return `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(layout)}`;
    rest = rest.slice(match[0].length);
  }
  return `extra text: ${JSON.stringify(rest)}`;
}

const unitNanos: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

/** Nanoseconds of a Go duration such as `1h30m`; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * unitNanos[unit!]!;
  }
  return text.startsWith('-') ? -total : total;
}

/** As Go writes a duration: `1h30m0s`, `1.5s`, `10ms`. */
export function formatGoDuration(nanos: number): string {
  if (nanos === 0) return '0s';
  const sign = nanos < 0 ? '-' : '';
  const absolute = Math.abs(nanos);
  if (absolute < 1e3) return `${sign}${absolute}ns`;
  if (absolute < 1e6) return `${sign}${absolute / 1e3}µs`;
  if (absolute < 1e9) return `${sign}${absolute / 1e6}ms`;
  const hours = Math.floor(absolute / 3.6e12);
  const minutes = Math.floor((absolute % 3.6e12) / 6e10);
  const seconds = Number(((absolute % 6e10) / 1e9).toFixed(9));
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
