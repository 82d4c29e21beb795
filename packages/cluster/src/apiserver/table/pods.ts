import type { KubeObject } from '@lateen/kube/types';
import { age, condition, hasCondition, since } from './format.ts';

interface Summary {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

/** Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates. */
export function podCells(pod: KubeObject, now: number): unknown[] {
  const spec = pod.spec ?? {};
  const status = pod.status ?? {};
  const total = (spec.containers ?? []).length + (spec.initContainers ?? []).filter(restartable).length;
  const summary = summarize(pod);
  const restarts =
    summary.restarts > 0 && summary.lastRestart
      ? `${summary.restarts} (${since(summary.lastRestart, now)} ago)`
      : String(summary.restarts);
  const gates: { conditionType: string }[] = spec.readinessGates ?? [];
  const passed = gates.filter((gate) => hasCondition(pod, gate.conditionType)).length;
  return [
    pod.metadata.name,
    `${summary.ready}/${total}`,
    summary.reason,
    restarts,
    age(pod, now),
    status.podIP || '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    gates.length > 0 ? `${passed}/${gates.length}` : '<none>',
  ];
}

function restartable(container: any): boolean {
  return container.restartPolicy === 'Always';
}

function summarize(pod: KubeObject): Summary {
  const status = pod.status ?? {};
  const summary: Summary = {
    reason: status.reason || status.phase || '',
    ready: 0,
    restarts: 0,
    lastRestart: undefined,
  };
  if (condition(pod, 'PodScheduled')?.reason === 'SchedulingGated') summary.reason = 'SchedulingGated';
  const init = summarizeInit(pod, summary);
  if (!init.initializing || hasCondition(pod, 'Initialized')) {
    summary.restarts = init.sidecarRestarts;
    summary.lastRestart = init.sidecarLast;
    summarizeContainers(pod, summary);
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (!['Succeeded', 'Failed'].includes(status.phase)) summary.reason = 'Terminating';
  }
  return summary;
}

function summarizeInit(pod: KubeObject, summary: Summary) {
  const specs: any[] = pod.spec?.initContainers ?? [];
  const statuses: any[] = pod.status?.initContainerStatuses ?? [];
  let sidecarRestarts = 0;
  let sidecarLast: string | undefined;
  let initializing = false;
  for (const [index, one] of statuses.entries()) {
    const sidecar = restartable(specs.find((spec) => spec.name === one.name) ?? {});
    const finished = one.lastState?.terminated?.finishedAt;
    summary.restarts += one.restartCount ?? 0;
    summary.lastRestart = later(summary.lastRestart, finished);
    if (sidecar) {
      sidecarRestarts += one.restartCount ?? 0;
      sidecarLast = later(sidecarLast, finished);
    }
    if (one.state?.terminated?.exitCode === 0) continue;
    if (sidecar && one.started) {
      if (one.ready) summary.ready++;
      continue;
    }
    summary.reason = initReason(one, index, specs.length);
    initializing = true;
    break;
  }
  return { initializing, sidecarRestarts, sidecarLast };
}

function initReason(one: any, index: number, total: number): string {
  const { terminated, waiting } = one.state ?? {};
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
}

function exitText(terminated: any): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function summarizeContainers(pod: KubeObject, summary: Summary): void {
  let running = false;
  for (const one of (pod.status?.containerStatuses ?? []).toReversed()) {
    summary.restarts += one.restartCount ?? 0;
    summary.lastRestart = later(summary.lastRestart, one.lastState?.terminated?.finishedAt);
    const { waiting, terminated, running: runs } = one.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated) summary.reason = terminated.reason || exitText(terminated);
    else if (one.ready && runs) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason === 'Completed' && running) {
    summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (!a || !b) return a ?? b;
  return a < b ? b : a;
}
