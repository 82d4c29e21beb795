import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Mapping {
  readonly start: number;
  readonly length: number;
}

const dontNeed = 4;
const header = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+\s+(\/.*)$/;

/** Mappings of files of which this process has changed nothing, in the text of /proc/self/smaps. */
export function cleanFileMappings(smaps: string): Mapping[] {
  const found: Mapping[] = [];
  let current: Mapping | undefined;
  for (const line of smaps.split('\n')) {
    if (/^[0-9a-f]+-/.test(line)) {
      const [, from, to, permissions] = header.exec(line) ?? [];
      const [start, end] = [Number.parseInt(from ?? '0', 16), Number.parseInt(to ?? '0', 16)];
      current = permissions && !permissions.includes('w') ? { start, length: end - start } : undefined;
    } else if (current && /^Anonymous:\s+0 kB$/.test(line)) found.push(current);
  }
  return found;
}

/**
 * Lets go of the pages of programs and libraries that only starting needed, some 20 MB. What is used again comes back from
 * the page cache by itself. Does nothing where the system refuses.
 */
export function releaseCodePages(): void {
  try {
    const koffi = createRequire(import.meta.url)('koffi');
    const advise = koffi.load('libc.so.6').func('int madvise(uintptr_t, size_t, int)');
    for (const { start, length } of cleanFileMappings(readFileSync('/proc/self/smaps', 'utf8')))
      advise(start, length, dontNeed);
  } catch {
    // A process that keeps its pages works as well.
  }
}
