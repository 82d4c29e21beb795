import { execFile } from 'node:child_process';
import type { Log } from '@lateen/kit';

const timeout = 5000;

/** Runs `ip -batch -` with these lines. */
export function runIpBatch(lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile('ip', ['-force', '-batch', '-'], { timeout }, (error, _out, complaint) => {
      if (error) reject(new Error(`ip: ${complaint.trim() || error.message}`));
      else resolve();
    });
    child.stdin?.end(`${lines.join('\n')}\n`);
  });
}

/** Keeps the namespace's policy rules equal to the wanted ones; changes follow one another. */
export class RuleKeeper {
  readonly #run: (lines: readonly string[]) => Promise<void>;
  readonly #log: Log;
  #installed = new Set<string>();
  #working: Promise<void> = Promise.resolve();

  constructor(log: Log, run: (lines: readonly string[]) => Promise<void> = runIpBatch) {
    this.#log = log;
    this.#run = run;
  }

  /** Resolves when the rules are in force. A failure is logged. */
  apply(wanted: ReadonlySet<string>): Promise<void> {
    this.#working = this.#working.then(() => this.#change(wanted));
    return this.#working;
  }

  async #change(wanted: ReadonlySet<string>): Promise<void> {
    const added = [...wanted].filter((rule) => !this.#installed.has(rule));
    const gone = [...this.#installed].filter((rule) => !wanted.has(rule));
    if (added.length + gone.length === 0) return;
    try {
      await this.#run([
        ...added.map((rule) => `rule add ${rule}`),
        ...gone.map((rule) => `rule del ${rule}`),
      ]);
    } catch (error) {
      this.#log.error('cannot change which connections pass the proxy', { error });
    }
    // The batch goes on after a failed line, so what could be done is done; trying again would fail again.
    this.#installed = new Set(wanted);
  }
}
