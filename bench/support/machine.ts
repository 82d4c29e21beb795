import { execFileSync } from 'node:child_process';
import os from 'node:os';

/** One line that says what was measured on. */
export function describeMachine(): string {
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${os.cpus().length} x ${cpu?.model ?? 'unknown'}, ${memory} GiB, Linux ${os.release()}, Node ${process.version}`;
}

/** The path of a program on PATH; throws with what to install. */
export function requireProgram(name: string, install: string): string {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`])
      .toString()
      .trim();
  } catch {
    throw new Error(`${name} is not on PATH; install it with: ${install}`);
  }
}

/** Value below which `share` of the sorted sample lies (nearest rank). */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (sample: readonly number[]): number => percentile(sample, 0.5);
