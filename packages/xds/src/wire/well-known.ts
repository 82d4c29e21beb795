/** JSON forms of `google.protobuf.Duration` and `Timestamp`, whose messages are `seconds = 1` and `nanos = 2`. */
export interface Instant {
  seconds: bigint;
  nanos: number;
}

const durationPattern = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
const timestampPattern = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

const nanosOf = (fraction: string | undefined) => Number((fraction ?? '').padEnd(9, '0'));

/** `1.5s` → seconds and nanoseconds; `undefined` when it is no duration. */
export function parseDuration(text: string): Instant | undefined {
  const match = durationPattern.exec(text);
  if (!match) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  return { seconds: BigInt(sign) * BigInt(match[2]!), nanos: sign * nanosOf(match[3]) || 0 };
}

export function formatDuration({ seconds, nanos }: Instant): string {
  const sign = seconds < 0n || nanos < 0 ? '-' : '';
  const whole = seconds < 0n ? -seconds : seconds;
  return `${sign}${whole}${formatNanos(Math.abs(nanos))}s`;
}

/** Canonical fractions have 0, 3, 6 or 9 digits. */
function formatNanos(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

export function parseTimestamp(text: string): Instant | undefined {
  const match = timestampPattern.exec(text);
  const milliseconds = match ? Date.parse(match[1]! + match[3]!) : Number.NaN;
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: BigInt(milliseconds / 1000), nanos: nanosOf(match![2]) };
}

export function formatTimestamp({ seconds, nanos }: Instant): string {
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}${formatNanos(nanos)}Z`;
}

/** The scalar inside of each wrapper message. */
export const wrappers: Readonly<Record<string, string>> = {
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'uint64',
};

/** True of messages whose JSON form is not an object with their fields; in an Any it stands under `value`. */
export function isWellKnown(type: string): boolean {
  return type.startsWith('google.protobuf.');
}

/** The shortest decimal that reads back as the same 32-bit float. */
export function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  for (let digits = 1; digits < 10; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

export const toCamel = (path: string) =>
  path.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
export const toSnake = (path: string) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
