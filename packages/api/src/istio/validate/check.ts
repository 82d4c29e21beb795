import type { Problem } from '@lateen/kit';
import { RE2JS } from 're2js';
import { parseDuration } from '../duration.ts';

/** Collects what is wrong with one resource. Paths begin where the checked value stands. */
export class Check {
  readonly problems: Problem[] = [];

  error(path: string, message: string, code = 'InvalidValue'): void {
    this.problems.push({ code, severity: 'error', path, message });
  }

  warning(path: string, message: string, code = 'Questionable'): void {
    this.problems.push({ code, severity: 'warning', path, message });
  }

  required(value: unknown, path: string): boolean {
    if (value !== undefined && value !== null && value !== '') return true;
    this.error(path, 'is required', 'Required');
    return false;
  }

  /** A duration of at least a millisecond, without fractions of one. */
  duration(value: unknown, path: string, options: { zero?: boolean } = {}): void {
    if (value === undefined || value === null) return;
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined) {
      this.error(path, `"${value}" is no duration; write one such as 5s or 200ms`);
      return;
    }
    if (milliseconds === 0 && options.zero) return;
    if (milliseconds < 1) {
      this.error(path, `"${value}" must be at least 1ms`);
      return;
    }
    if (Math.abs(milliseconds - Math.round(milliseconds)) > 1e-9)
      this.error(path, `"${value}" must be whole milliseconds`);
  }

  range(value: unknown, path: string, low: number, high: number): void {
    if (value === undefined || value === null) return;
    if (typeof value !== 'number' || value < low || value > high)
      this.error(path, `${value} must be between ${low} and ${high}`);
  }

  notNegative(value: unknown, path: string): void {
    if (typeof value === 'number' && value < 0) this.error(path, `${value} must not be negative`);
  }

  percent(value: { value?: number } | null | undefined, path: string): void {
    if (value) this.range(value.value ?? 0, `${path}.value`, 0, 100);
  }

  regex(value: string, path: string): void {
    try {
      RE2JS.compile(value);
    } catch (error) {
      this.error(path, `"${value}" is no regular expression: ${(error as Error).message}`);
    }
  }

  port(value: unknown, path: string): void {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65535) {
      this.error(path, `port number ${value ?? 'is missing; it'} must be between 1 and 65535`);
    }
  }

  each<T>(list: readonly T[] | null | undefined, path: string, visit: (item: T, path: string) => void): void {
    for (const [index, item] of (list ?? []).entries()) visit(item, `${path}[${index}]`);
  }

  unique(list: readonly string[], path: string, what: string): void {
    const seen = new Set<string>();
    for (const item of list) {
      if (seen.has(item))
        this.error(path, `${what} "${item}" stands more than once; they must be unique`, 'Duplicate');
      seen.add(item);
    }
  }
}
