import { rmSync } from 'node:fs';
import path from 'node:path';
import { isNotFound, type KubeObject, resources } from '@lateen/kube';
import type { PodNetwork } from '../../network/pod-network.ts';
import { ProgramNotFound } from '../container/launch.ts';
import type { NodeContext } from '../context.ts';
import { PodVolumes } from '../volumes/pod-volumes.ts';
import { PodTokens } from '../volumes/tokens.ts';
import { ContainerRun, type ProbeKind, type RunEvents } from './container-run.ts';
import { createContainer, ImageUnknown, imageOf, variablesFor } from './create-container.ts';
import { ConfigError } from './environment.ts';
import type { PodFacts } from './field-ref.ts';
import { hasSidecar, podDirectory } from './names.ts';
import { planPod } from './plan.ts';
import { type ContainerRecord, initialRecords, type Terminated } from './record.ts';
import { podStatus } from './status.ts';
import { terminationMessage } from './termination-message.ts';
import {
  creationFailed,
  imageUnknown,
  type RunIdentity,
  retryDelay,
  runEnded,
  runStarted,
  type Transition,
  timestamp,
} from './transitions.ts';

const refreshInterval = 60_000;

/** Brings one pod from being bound to this node to its end. */
export class PodWorker {
  readonly uid: string;
  /** Settles when nothing is left of the pod here. */
  readonly done: Promise<void>;
  readonly #context: NodeContext;
  readonly #volumes: PodVolumes;
  readonly #tokens: PodTokens;
  readonly #runs = new Map<string, ContainerRun>();
  readonly #terminating = new AbortController();
  readonly #startTime: string;
  #settleDone!: () => void;
  #pod: KubeObject;
  #records: ContainerRecord[];
  #network: PodNetwork | undefined;
  #address: string | undefined;
  #mounted = false;
  #finalPhase: 'Succeeded' | 'Failed' | undefined;
  #published = '';
  #publishing: Promise<void> = Promise.resolve();
  #conditions: unknown[] | undefined;
  #busy = false;
  #again = false;
  #gone = false;
  #ended = false;
  #cancelWake = () => {};
  #cancelRefresh = () => {};

  constructor(context: NodeContext, pod: KubeObject) {
    this.#context = context;
    this.#pod = pod;
    this.uid = pod.metadata.uid!;
    this.done = new Promise((resolve) => {
      this.#settleDone = resolve;
    });
    const directory = podDirectory(context.podsDirectory, this.uid);
    this.#volumes = new PodVolumes(path.join(directory, 'volumes'));
    this.#tokens = new PodTokens(context.client, context.clock);
    this.#records = initialRecords(pod, this.#now());
    this.#startTime = pod.status?.startTime ?? this.#now();
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed') this.#finalPhase = phase;
    this.#address = pod.status?.podIP;
    this.update(pod);
  }

  get pod(): KubeObject {
    return this.#pod;
  }

  get network(): PodNetwork | undefined {
    return this.#network;
  }

  record(container: string): ContainerRecord | undefined {
    return this.#records.find(({ name }) => name === container);
  }

  /** The running or last run of a container. */
  run(container: string): ContainerRun | undefined {
    return this.#runs.get(container);
  }

  /** Takes the pod as the API has it now. */
  update(pod: KubeObject): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) this.#terminating.abort();
    if (this.#mounted) this.refreshVolumes();
    this.#kick();
  }

  /** The pod is no longer in the API: nobody waits for it, so it ends at once. */
  remove(): void {
    this.#gone = true;
    this.#terminating.abort();
    for (const run of this.#runs.values()) run.process.kill();
    this.#kick();
  }

  /** Writes the volumes again after something they show has changed. */
  refreshVolumes(): void {
    if (this.#mounted && !this.#finalPhase) this.#volumes.refresh(this.#volumeInput());
  }

  /** The node ends: the processes get a moment, the API is told nothing, because the pod stays. */
  async shutdown(grace: number): Promise<void> {
    this.#ended = true;
    this.#terminating.abort();
    this.#cancelWake();
    this.#cancelRefresh();
    await Promise.all([...this.#runs.values()].map((run) => run.stop(grace)));
  }

  #now(): string {
    return timestamp(this.#context.clock.now());
  }

  #kick(): void {
    this.#again = true;
    if (this.#busy || this.#ended) return;
    this.#busy = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#ended) {
      this.#again = false;
      try {
        await this.#step();
      } catch (error) {
        this.#context.log.warn(`pod ${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`, { error });
        this.#wakeIn(retryDelay);
      }
    }
    this.#busy = false;
  }

  #wakeIn(milliseconds: number): void {
    this.#cancelWake();
    this.#cancelWake = this.#context.clock.after(Math.max(0, milliseconds), () => this.#kick());
  }

  async #step(): Promise<void> {
    if (this.#gone || this.#pod.metadata.deletionTimestamp) return this.#terminate();
    if (this.#finalPhase) return;
    if (!(await this.#prepare())) return this.#publish();
    const policy = this.#pod.spec.restartPolicy ?? 'Always';
    const plan = planPod(this.#records, policy, this.#context.clock.now());
    if (plan.finished) return this.#finish(plan.finished);
    for (const name of plan.start) {
      await this.#start(name);
      if (this.#terminating.signal.aborted) return;
      if (plan.start.length > 1) void this.#publish().catch(() => {});
    }
    await this.#publish();
    const wakeAt = planPod(this.#records, policy, this.#context.clock.now()).wakeAt;
    if (wakeAt !== undefined) this.#wakeIn(wakeAt - this.#context.clock.now());
  }

  /** Network and volumes; false when something is not there yet and has to be tried again. */
  async #prepare(): Promise<boolean> {
    const { networks, clock } = this.#context;
    if (!this.#network) {
      this.#network = this.#pod.spec.hostNetwork
        ? networks.ofNode()
        : await networks.create(this.uid, hasSidecar(this.#pod));
      this.#address = this.#network.address;
    }
    if (this.#mounted) return true;
    try {
      await this.#tokens.renew(this.#pod);
      this.#volumes.materialise(this.#volumeInput());
    } catch (error) {
      this.#event('Warning', 'FailedMount', (error as Error).message);
      this.#wakeIn(retryDelay);
      return false;
    }
    this.#mounted = true;
    const refresh = async () => {
      await this.#tokens.renew(this.#pod).catch(() => {});
      this.refreshVolumes();
      this.#cancelRefresh = clock.after(refreshInterval, refresh);
    };
    this.#cancelRefresh = clock.after(refreshInterval, refresh);
    return true;
  }

  #facts(): PodFacts {
    const { networks, nodeName, allocatable } = this.#context;
    return { podIP: this.#address ?? '', hostIP: networks.gateway, nodeName, allocatable };
  }

  #volumeInput() {
    const { references } = this.#context;
    return { pod: this.#pod, facts: this.#facts(), references, tokens: this.#tokens.values };
  }

  #spec(name: string): any {
    const all = [...(this.#pod.spec.initContainers ?? []), ...this.#pod.spec.containers];
    return all.find((container: any) => container.name === name);
  }

  #change(name: string, change: Partial<ContainerRecord>): void {
    this.#records = this.#records.map((record) => (record.name === name ? { ...record, ...change } : record));
  }

  async #start(name: string): Promise<void> {
    const spec = this.#spec(name);
    const record = this.record(name)!;
    const run = record.hasRun ? record.restartCount + 1 : 0;
    const { log, clock } = this.#context;
    const identity = { image: spec.image, run, containerID: `lateen://${this.uid}-${name}-${run}` };
    try {
      const image = imageOf(this.#context, spec);
      const input = {
        pod: this.#pod,
        container: spec,
        run,
        network: this.#network!,
        volumes: this.#volumes,
        facts: this.#facts(),
      };
      const env = variablesFor(this.#context, input, image);
      const created = createContainer(this.#context, input, image, env);
      const target = {
        networks: this.#context.networks,
        network: this.#network!,
        container: spec,
        process: created.process,
      };
      const containerRun = new ContainerRun(created, target, this.#runEvents(name), clock);
      this.#runs.set(name, containerRun);
      this.#apply(runStarted(this.record(name)!, identity, created.process.started));
      void containerRun.exited.then((exit) => this.#exited(name, containerRun, exit));
      await containerRun.begin(this.#terminating.signal);
      this.#copyProbeState(name, containerRun);
    } catch (error) {
      log.debug(`container ${name} of ${this.#pod.metadata.name}`, { error });
      this.#startFailed(name, identity, error as Error);
    }
  }

  #runEvents(name: string): RunEvents {
    const field = fieldPath(this.#pod, name);
    return {
      changed: () => {
        const run = this.#runs.get(name);
        if (run) this.#copyProbeState(name, run);
        this.#kick();
      },
      probeFailed: (kind, message) =>
        this.#event('Warning', 'Unhealthy', `${kind} probe failed: ${message}`, field),
      unhealthy: (kind) => this.#restartUnhealthy(name, kind),
      hookFailed: (hook, message) =>
        this.#event(
          'Warning',
          `Failed${hook}Hook`,
          `${hook}Hook failed${message ? `: ${message}` : ''}`,
          field,
        ),
    };
  }

  #restartUnhealthy(name: string, kind: ProbeKind): void {
    const word = kind.toLowerCase();
    const message = `Container ${name} failed ${word} probe, will be restarted`;
    this.#event('Normal', 'Killing', message, fieldPath(this.#pod, name));
    void this.#runs.get(name)?.stop((this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
  }

  #copyProbeState(name: string, run: ContainerRun): void {
    if (this.#runs.get(name) !== run || !run.process.running) return;
    this.#change(name, { started: run.started, ready: run.ready });
  }

  #exited(name: string, run: ContainerRun, exit: { code: number; signal?: string }): void {
    if (this.#runs.get(name) !== run || this.#ended) return;
    const record = this.record(name)!;
    const message = terminationMessage(run, this.#spec(name), exit.code);
    this.#settle(name, run.process.started, {
      exitCode: exit.code,
      reason: exit.code === 0 ? 'Completed' : 'Error',
      ...(message ? { message } : {}),
      startedAt: record.state.running?.startedAt ?? this.#now(),
      finishedAt: this.#now(),
      containerID: record.containerID,
    });
  }

  /** Notes the end of a run, and when the next may begin. */
  #settle(name: string, startedAt: number, terminated: Terminated): void {
    const { name: pod, namespace } = this.#pod.metadata;
    this.#apply(
      runEnded(this.record(name)!, {
        terminated,
        startedAt,
        now: this.#context.clock.now(),
        policy: this.#pod.spec.restartPolicy ?? 'Always',
        terminating: this.#terminating.signal.aborted,
        podLabel: `${pod}_${namespace}(${this.uid})`,
      }),
    );
    this.#kick();
  }

  #startFailed(name: string, identity: RunIdentity, error: Error): void {
    const now = this.#context.clock.now();
    const record = this.record(name)!;
    if (error instanceof ImageUnknown) {
      this.#apply(imageUnknown(record, identity.image, error.message, now));
    } else if (error instanceof ProgramNotFound) {
      this.#apply({
        record: { ...runStarted(record, identity, now).record, ready: false },
        events: [{ type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` }],
      });
      this.#settle(name, now, {
        exitCode: 128,
        reason: 'StartError',
        message: `failed to start the container: ${error.message}`,
        startedAt: timestamp(now),
        finishedAt: timestamp(now),
        containerID: identity.containerID,
      });
    } else {
      const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
      this.#apply(creationFailed(record, reason, error.message, now));
    }
  }

  #apply({ record, events }: Transition): void {
    this.#change(record.name, record);
    const field = fieldPath(this.#pod, record.name);
    for (const { type, reason, message } of events) this.#event(type, reason, message, field);
  }

  /** All work is done: the sidecars end, the last one first, and the network is let go. */
  async #finish(phase: 'Succeeded' | 'Failed'): Promise<void> {
    await this.#stopAll(this.#graceMilliseconds());
    this.#finalPhase = phase;
    this.#release();
    await this.#publish();
  }

  async #terminate(): Promise<void> {
    this.#cancelWake();
    const grace = this.#gone ? 0 : this.#graceMilliseconds();
    await this.#stopAll(grace);
    if (!this.#gone && !this.#finalPhase) await this.#publish().catch(() => {});
    this.#release();
    this.#ended = true;
    if (!this.#gone) await this.#deleteFromApi();
    rmSync(podDirectory(this.#context.podsDirectory, this.uid), { recursive: true, force: true });
    this.#settleDone();
  }

  #graceMilliseconds(): number {
    const { metadata, spec } = this.#pod;
    return (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  async #stopAll(grace: number): Promise<void> {
    const deadline = this.#context.clock.monotonic() + grace;
    const running = this.#records.filter(({ name }) => this.#runs.get(name)?.process.running);
    const stop = (record: ContainerRecord, milliseconds: number) => {
      this.#event(
        'Normal',
        'Killing',
        `Stopping container ${record.name}`,
        fieldPath(this.#pod, record.name),
      );
      return this.#runs.get(record.name)!.stop(milliseconds);
    };
    await Promise.all(running.filter(({ role }) => role !== 'sidecar').map((record) => stop(record, grace)));
    for (const sidecar of running.filter(({ role }) => role === 'sidecar').reverse()) {
      const left = deadline - this.#context.clock.monotonic();
      await stop(sidecar, grace <= 0 ? 0 : Math.max(2_000, left));
    }
    await new Promise(setImmediate);
  }

  #release(): void {
    this.#cancelRefresh();
    if (this.#network && !this.#pod.spec.hostNetwork) this.#context.networks.remove(this.uid, this.#network);
    this.#network = undefined;
    this.#volumes.remove();
    this.#mounted = false;
  }

  async #deleteFromApi(): Promise<void> {
    const { name, namespace } = this.#pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
    for (;;) {
      try {
        return await this.#context.client.delete(resources.pods, name!, namespace, options);
      } catch (error) {
        if (isNotFound(error) || (error as { code?: number }).code === 409 || this.#gone) return;
        await new Promise<void>((resolve) => this.#context.clock.after(retryDelay, resolve));
      }
    }
  }

  /** Writes the status, if it is another than the one written last; one write at a time, so that none overtakes another. */
  #publish(): Promise<void> {
    const next = this.#publishing.catch(() => {}).then(() => this.#writeStatus());
    this.#publishing = next;
    return next;
  }

  async #writeStatus(): Promise<void> {
    if (this.#gone) return;
    const { networks, client } = this.#context;
    const status = podStatus({
      pod: this.#pod,
      records: this.#records,
      hostIP: networks.gateway,
      podIP: this.#address,
      startTime: this.#startTime,
      now: this.#now(),
      finalPhase: this.#finalPhase,
      previous: this.#conditions,
    });
    const text = JSON.stringify(status);
    if (text === this.#published) return;
    const { name, namespace, uid } = this.#pod.metadata;
    try {
      const body = { metadata: { uid }, status };
      await client.patch(resources.pods, name!, namespace, 'merge', body, { subresource: 'status' });
      this.#published = text;
      this.#conditions = status.conditions as unknown[];
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    this.#context.events.event(
      { ...this.#pod, apiVersion: 'v1', kind: 'Pod' },
      type,
      reason,
      message,
      fieldPath,
    );
  }
}

function fieldPath(pod: KubeObject, name: string): string {
  const isInit = (pod.spec.initContainers ?? []).some((container: any) => container.name === name);
  return `spec.${isInit ? 'initContainers' : 'containers'}{${name}}`;
}
