import type { KubeObject, PrinterColumn } from '../types.ts';
import { findAll } from './jsonpath.ts';

export { findAll } from './jsonpath.ts';

/** The cells of a custom resource's row, one for each column; null where the path finds nothing. `now` in milliseconds. */
export function printerCells(columns: readonly PrinterColumn[], object: KubeObject, now: number): unknown[] {
  return columns.map((column) => cell(column, findAll(column.jsonPath, object)?.[0], now));
}

function cell(column: PrinterColumn, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? humanAge(value, now) : null;
    default:
      return null;
  }
}

function humanAge(time: string, now: number): string {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? '<invalid>' : humanDuration((now - milliseconds) / 1000);
}

const [minute, hour, day, year] = [60, 3600, 86_400, 31_536_000];

/** Ages as kubectl shows them: two units while they are small, one later. */
export function humanDuration(seconds: number): string {
  if (seconds < -1) return '<invalid>';
  const age = Math.max(0, Math.trunc(seconds));
  if (age < 2 * minute) return `${age}s`;
  if (age < 10 * minute) return two(age, minute, 'm', 1, 's');
  if (age < 3 * hour) return `${Math.trunc(age / minute)}m`;
  if (age < 8 * hour) return two(age, hour, 'h', minute, 'm');
  if (age < 2 * day) return `${Math.trunc(age / hour)}h`;
  if (age < 8 * day) return two(age, day, 'd', hour, 'h');
  if (age < 2 * year) return `${Math.trunc(age / day)}d`;
  return age < 8 * year ? two(age, year, 'y', day, 'd') : `${Math.trunc(age / year)}y`;
}

function two(age: number, unit: number, name: string, small: number, smallName: string): string {
  const rest = Math.trunc((age % unit) / small);
  return `${Math.trunc(age / unit)}${name}${rest === 0 ? '' : `${rest}${smallName}`}`;
}
