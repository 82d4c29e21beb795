import type { Problem } from '@lateen/kit';
import type { Message } from '../types.ts';

/** Milliseconds of a canonical JSON duration such as `1.5s`. */
export function duration(text: string): number {
  return Number(text.slice(0, -1)) * 1000;
}

export function optionalDuration(text: string | undefined): number | undefined {
  return text === undefined ? undefined : duration(text);
}

export function problem(path: string, message: string, code = 'InvalidConfiguration'): Problem {
  return { code, severity: 'error', path, message };
}

/** A problem for every field of the message that is not in `supported`: nothing is ignored in silence. */
export function refuseUnknown(
  message: Message,
  supported: ReadonlySet<string>,
  path: string,
  problems: Problem[],
): void {
  for (const key of Object.keys(message)) {
    if (supported.has(key) || key === '@type') continue;
    problems.push(
      problem(join(path, key), 'is not supported by this proxy yet; remove it', 'UnsupportedConfiguration'),
    );
  }
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** The last part of a type URL. */
export function typeName(message: Message | undefined): string {
  const url: string = message?.['@type'] ?? '';
  return url.slice(url.lastIndexOf('/') + 1);
}

/** Chance between 0 and 1 of a FractionalPercent. */
export function fraction(percent: Message | undefined): number {
  const denominators: Readonly<Record<string, number>> = {
    HUNDRED: 100,
    TEN_THOUSAND: 10_000,
    MILLION: 1_000_000,
  };
  return (percent?.numerator ?? 0) / (denominators[percent?.denominator ?? 'HUNDRED'] ?? 100);
}
