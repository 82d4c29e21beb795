import type { Clock } from '@lateen/kit';
import type { Exit } from '../container/launch.ts';
import { type HandlerTarget, runHandler } from './checks.ts';
import type { CreatedContainer } from './create-container.ts';
import { type ProbeSpec, startProbe } from './probe.ts';

export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness';

/** What happens in the life of a run; all of it is told to the pod's worker. */
export interface RunEvents {
  /** The start is over, or readiness changed. */
  changed(): void;
  probeFailed(kind: ProbeKind, message: string): void;
  /** The container has to be ended because of a probe that failed too often. */
  unhealthy(kind: ProbeKind): void;
  hookFailed(hook: 'PostStart' | 'PreStop', message: string): void;
}

/** A hook may take as long as it likes, but not for ever. */
const longestHook = 3_600_000;

/** One run of a container with its hooks and probes. */
export class ContainerRun {
  readonly created: CreatedContainer;
  readonly exited: Promise<Exit>;
  readonly #target: HandlerTarget;
  readonly #events: RunEvents;
  readonly #clock: Clock;
  #stopProbes: Array<() => void> = [];
  #started = false;
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(created: CreatedContainer, target: HandlerTarget, events: RunEvents, clock: Clock) {
    this.created = created;
    this.#target = target;
    this.#events = events;
    this.#clock = clock;
    this.exited = created.process.exited.then((exit) => {
      this.#endProbes();
      return exit;
    });
  }

  get process() {
    return this.created.process;
  }

  /** The post-start hook and the startup probe have been passed. */
  get started(): boolean {
    return this.#started;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Runs the post-start hook, then begins to probe. Resolves when the hook is over, the container ends, or on `signal`. */
  async begin(signal: AbortSignal): Promise<void> {
    const hook = this.#target.container.lifecycle?.postStart;
    if (hook && !(await this.#postStart(hook, signal))) return;
    const { startupProbe } = this.#target.container;
    if (startupProbe)
      this.#probe('Startup', startupProbe, (ok) => (ok ? this.#begun() : this.#fail('Startup')));
    else this.#begun();
  }

  /** Pre-stop hook, SIGTERM, and SIGKILL when `grace` milliseconds are over. Resolves when the container has ended. */
  stop(grace: number): Promise<void> {
    this.#stopping ??= this.#stop(grace);
    return this.#stopping;
  }

  async #postStart(hook: any, signal: AbortSignal): Promise<boolean> {
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const ended = this.exited.then(() => undefined);
    const outcome = await Promise.race([runHandler(hook, this.#target, longestHook), ended, aborted]);
    if (!outcome) return false;
    if (outcome.ok) return true;
    this.#events.hookFailed('PostStart', outcome.message);
    void this.stop(this.#grace());
    return false;
  }

  #grace(): number {
    return 2_000;
  }

  #begun(): void {
    if (this.#started) return;
    this.#endProbes();
    this.#started = true;
    const { livenessProbe, readinessProbe } = this.#target.container;
    if (livenessProbe) {
      this.#probe('Liveness', livenessProbe, (ok) => {
        if (!ok) this.#fail('Liveness');
      });
    }
    if (readinessProbe) this.#probe('Readiness', readinessProbe, (ok) => this.#setReady(ok));
    else this.#ready = true;
    this.#events.changed();
  }

  #setReady(ready: boolean): void {
    if (this.#ready === ready) return;
    this.#ready = ready;
    this.#events.changed();
  }

  #fail(kind: ProbeKind): void {
    this.#endProbes();
    this.#events.unhealthy(kind);
  }

  #probe(kind: ProbeKind, spec: ProbeSpec, onResult: (ok: boolean) => void): void {
    const stop = startProbe({
      spec,
      clock: this.#clock,
      check: (timeout) => runHandler(spec, this.#target, timeout),
      onFailure: (message) => this.#events.probeFailed(kind, message),
      onResult,
    });
    this.#stopProbes.push(stop);
  }

  #endProbes(): void {
    for (const stop of this.#stopProbes) stop();
    this.#stopProbes = [];
  }

  async #stop(grace: number): Promise<void> {
    this.#endProbes();
    if (!this.process.running) return;
    const deadline = this.#clock.monotonic() + grace;
    const hook = this.#target.container.lifecycle?.preStop;
    if (hook && grace > 0) {
      const outcome = await Promise.race([
        runHandler(hook, this.#target, grace),
        this.exited.then(() => ({ ok: true, message: '' })),
      ]);
      if (!outcome.ok) this.#events.hookFailed('PreStop', outcome.message);
    }
    this.process.terminate();
    // After a hook that took all the time, a moment is left for the signal, as the kubelet does.
    const left = grace <= 0 ? 0 : Math.max(hook ? 2_000 : 0, deadline - this.#clock.monotonic());
    const cancel = this.#clock.after(left, () => this.process.kill());
    await this.exited;
    cancel();
  }
}
