import { readFileSync } from 'node:fs';

/** Proportional set size of a process in MB: what is shared counts in shares. 0 when it is gone. */
export function pss(pid: number): number {
  return field(`/proc/${pid}/smaps_rollup`, 'Pss');
}

/** Resident set size of a process in MB. */
export function rss(pid: number): number {
  return field(`/proc/${pid}/status`, 'VmRSS');
}

function field(file: string, name: string): number {
  try {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
    return match ? Number(match[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}
