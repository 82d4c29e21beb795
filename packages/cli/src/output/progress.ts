import pico from 'picocolors';

/** Prints each stage of a long work once it is done, with how long it took. */
export interface Progress {
  /** The stage that has begun; the former one is thereby done. */
  stage(text: string): void;
  done(): void;
}

export function createProgress(
  write: (text: string) => void,
  isTerminal: boolean,
  now: () => number,
): Progress {
  const color = pico.createColors(isTerminal);
  let current: { text: string; from: number } | undefined;
  const finish = () => {
    if (!current) return;
    const seconds = ((now() - current.from) / 1000).toFixed(1);
    write(`${isTerminal ? '\r' : ''}${color.green('✓')} ${current.text} ${color.dim(`${seconds}s`)}\n`);
    current = undefined;
  };
  return {
    stage(text) {
      if (current?.text === text) return;
      finish();
      current = { text, from: now() };
      if (isTerminal) write(`${color.dim('…')} ${text}`);
    },
    done: finish,
  };
}
