import { readFileSync } from 'node:fs';
import type { ContainerRun } from './container-run.ts';

const longestMessage = 4096;

/** What the program left in its termination message file, or the end of its log where the container asks for that. */
export function terminationMessage(run: ContainerRun, spec: any, exitCode: number): string {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  const message = read(run.created.messageFile).slice(0, longestMessage);
  if (message || exitCode === 0 || spec?.terminationMessagePolicy !== 'FallbackToLogsOnError') return message;
  const lines = read(run.created.log.path).trimEnd().split('\n').slice(-80);
  return lines
    .map((line) => line.replace(/^\S+ \S+ \S+ ?/, ''))
    .join('\n')
    .slice(-2048);
}
