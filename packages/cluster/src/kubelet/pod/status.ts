import type { KubeObject } from '@lateen/kube';
import { imageIdOf } from './image-id.ts';
import type { RestartPolicy } from './plan.ts';
import type { ContainerRecord } from './record.ts';

export interface StatusInput {
  readonly pod: KubeObject;
  readonly records: readonly ContainerRecord[];
  readonly hostIP: string;
  /** Absent until the pod has a network. */
  readonly podIP?: string;
  readonly startTime: string;
  readonly now: string;
  /** The phase that nothing changes any more. */
  readonly finalPhase?: 'Succeeded' | 'Failed';
  /** The conditions written last, which may not have come back through the watch yet. */
  readonly previous?: readonly unknown[];
  /** Why the pod failed, when it was not its containers' doing. */
  readonly failure?: { reason: string; message: string };
}

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
  lastProbeTime?: null;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

/** A pod's status as the kubelet writes it; conditions of others are kept. Pure. */
export function podStatus(input: StatusInput): Record<string, unknown> {
  const { pod, records, hostIP, podIP, startTime, failure } = input;
  const phase = input.finalPhase ?? phaseOf(records, pod.spec.restartPolicy ?? 'Always');
  const inits = records.filter(({ role }) => role !== 'app');
  const apps = records.filter(({ role }) => role === 'app');
  const specs = new Map<string, any>(
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container: any) => [
      container.name,
      container,
    ]),
  );
  const statuses = (list: readonly ContainerRecord[]) =>
    list.map((record) => containerStatus(record, specs.get(record.name), phase));
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(failure ?? {}),
    conditions: conditionsOf(input, phase),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime,
    ...(inits.length > 0 ? { initContainerStatuses: statuses(inits) } : {}),
    containerStatuses: statuses(apps),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

const isDone = ({ role, state, started }: ContainerRecord) =>
  role === 'sidecar' ? started : state.terminated?.exitCode === 0;

/** The phase that follows from the containers' states. */
export function phaseOf(records: readonly ContainerRecord[], policy: RestartPolicy): string {
  const apps = records.filter(({ role }) => role === 'app');
  const hasStarted = apps.some(({ hasRun }) => hasRun);
  if (!hasStarted && !records.filter(({ role }) => role !== 'app').every(isDone)) return 'Pending';
  if (apps.some(({ state, hasRun }) => state.waiting && !hasRun)) return 'Pending';
  if (apps.some(({ state }) => state.running)) return 'Running';
  const codes = apps.map(({ state, lastState }) => (state.terminated ?? lastState.terminated)?.exitCode);
  if (policy === 'Always') return 'Running';
  if (codes.every((code) => code === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function containerStatus(record: ContainerRecord, spec: any, phase: string): Record<string, unknown> {
  const running = record.state.running !== undefined;
  const isInit = record.role === 'init';
  const done = phase === 'Succeeded' || phase === 'Failed';
  return {
    name: record.name,
    state: record.state,
    lastState: record.lastState,
    ready: isInit ? record.state.terminated?.exitCode === 0 : running && record.ready && !done,
    restartCount: record.restartCount,
    image: spec?.image ?? '',
    imageID: record.imageID === '' ? '' : imageIdOf(record.imageID),
    ...(record.containerID === '' ? {} : { containerID: record.containerID }),
    started: running && record.started && !isInit,
    ...(spec?.resources && Object.keys(spec.resources).length > 0 ? { resources: spec.resources } : {}),
    ...(spec?.volumeMounts?.length ? { volumeMounts: spec.volumeMounts.map(mountStatus) } : {}),
  };
}

function mountStatus({ name, mountPath, readOnly }: any): Record<string, unknown> {
  return readOnly ? { name, mountPath, readOnly: true, recursiveReadOnly: 'Disabled' } : { name, mountPath };
}

const listNames = (records: readonly ContainerRecord[]) => `[${records.map(({ name }) => name).join(' ')}]`;

function conditionsOf(input: StatusInput, phase: string): Condition[] {
  const { pod, records, podIP } = input;
  const inits = records.filter(({ role }) => role !== 'app');
  const hasStarted = records.some(({ role, hasRun }) => role === 'app' && hasRun);
  const incomplete = hasStarted ? [] : inits.filter((record) => !isDone(record));
  const unready = records.filter(({ role, state, ready }) => role !== 'init' && !(state.running && ready));
  const initialized = condition('Initialized', incomplete, 'ContainersNotInitialized', 'incomplete');
  const ready = readiness('Ready', unready, phase);
  const gate = missingGate(pod);
  const wanted: Condition[] = [
    { type: 'PodReadyToStartContainers', status: podIP && !input.finalPhase ? 'True' : 'False' },
    phase === 'Succeeded' ? { type: 'Initialized', status: 'True', reason: 'PodCompleted' } : initialized,
    ready.status === 'True' && gate
      ? { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: gate }
      : ready,
    readiness('ContainersReady', unready, phase),
    { type: 'PodScheduled', status: 'True' },
  ];
  const old: Condition[] = pod.status?.conditions ?? [];
  const kept = old.filter(({ type }) => !wanted.some((own) => own.type === type));
  const before = (input.previous as Condition[] | undefined) ?? old;
  return [...wanted.map((own) => stamp(own, before, input)), ...kept];
}

function condition(type: string, open: readonly ContainerRecord[], reason: string, word: string): Condition {
  if (open.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason, message: `containers with ${word} status: ${listNames(open)}` };
}

function readiness(type: string, unready: readonly ContainerRecord[], phase: string): Condition {
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  return condition(type, unready, 'ContainersNotReady', 'unready');
}

function missingGate(pod: KubeObject): string | undefined {
  const conditions: Condition[] = pod.status?.conditions ?? [];
  const open = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }: any) => conditions.find(({ type }) => type === conditionType)?.status !== 'True',
  );
  return open.length > 0
    ? open
        .map(
          ({ conditionType }: any) =>
            `corresponding condition of pod readiness gate "${conditionType}" does not exist.`,
        )
        .join(', ')
    : undefined;
}

function stamp(own: Condition, old: readonly Condition[], { pod, now }: StatusInput): Condition {
  const before = old.find(({ type }) => type === own.type);
  const unchanged = before?.status === own.status;
  return {
    type: own.type,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    status: own.status,
    lastProbeTime: null,
    lastTransitionTime: (unchanged && before.lastTransitionTime) || now,
    ...(own.reason ? { reason: own.reason } : {}),
    ...(own.message ? { message: own.message } : {}),
  };
}

function qosClass(pod: KubeObject): string {
  const all: any[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const limits = (container: any) => container.resources?.limits ?? {};
  const requests = (container: any) => container.resources?.requests ?? {};
  if (all.every((c) => Object.keys(limits(c)).length === 0 && Object.keys(requests(c)).length === 0))
    return 'BestEffort';
  const guaranteed = all.every((container) =>
    ['cpu', 'memory'].every((name) => {
      const limit = limits(container)[name];
      return limit !== undefined && (requests(container)[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
