import type { KubeObject } from '../types.ts';

/** The same object in another version of its kind (autoscaling/v1 ↔ v2, events.k8s.io ↔ core); new object. */
export function convertBuiltin(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const copy = structuredClone(object);
  copy.apiVersion = apiVersion;
  if (object.kind === 'HorizontalPodAutoscaler')
    return apiVersion === 'autoscaling/v1' ? scalerToV1(copy) : scalerToV2(copy);
  if (object.kind === 'Event') return apiVersion === 'v1' ? eventToCore(copy) : eventToEvents(copy);
  return copy;
}

const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
};

function isCpu(metric: any): boolean {
  return metric.type === 'Resource' && metric.resource?.name === 'cpu';
}

function scalerToV2(scaler: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = scaler.spec ?? {};
  const kept = scaler.metadata.annotations ?? {};
  const metrics = readJson(kept[annotations.metrics]) ?? [];
  if (target !== undefined) {
    metrics.unshift({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } },
    });
  }
  const behavior = readJson(kept[annotations.behavior]);
  scaler.spec = { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior }) };
  if (scaler.status !== undefined) scaler.status = statusToV2(scaler.status, kept);
  for (const name of Object.values(annotations)) delete kept[name];
  if (Object.keys(kept).length === 0) delete scaler.metadata.annotations;
  return scaler;
}

function statusToV2(
  { currentCPUUtilizationPercentage: current, ...status }: any,
  kept: Record<string, string>,
): any {
  const metrics = readJson(kept[annotations.currentMetrics]) ?? [];
  if (current !== undefined) {
    metrics.unshift({
      type: 'Resource',
      resource: { name: 'cpu', current: { averageUtilization: current, averageValue: '0' } },
    });
  }
  const conditions = readJson(kept[annotations.conditions]);
  return {
    ...status,
    currentMetrics: metrics.length > 0 ? metrics : null,
    ...(conditions && { conditions }),
  };
}

function readJson(text: string | undefined): any {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function scalerToV1(scaler: KubeObject): KubeObject {
  const { metrics = [], behavior, ...spec } = scaler.spec ?? {};
  const kept: Record<string, string> = { ...scaler.metadata.annotations };
  const cpu = metrics.find(
    (metric: any) => isCpu(metric) && metric.resource.target?.averageUtilization !== undefined,
  );
  const others = metrics.filter((metric: any) => metric !== cpu);
  if (others.length > 0) kept[annotations.metrics] = JSON.stringify(others);
  if (behavior !== undefined) kept[annotations.behavior] = JSON.stringify(behavior);
  const target = cpu?.resource.target.averageUtilization;
  scaler.spec = { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) };
  if (scaler.status !== undefined) scaler.status = statusToV1(scaler.status, kept);
  if (Object.keys(kept).length > 0) scaler.metadata.annotations = kept;
  return scaler;
}

function statusToV1({ currentMetrics, conditions, ...status }: any, kept: Record<string, string>): any {
  const list: any[] = currentMetrics ?? [];
  const cpu = list.find(
    (metric) => isCpu(metric) && metric.resource.current?.averageUtilization !== undefined,
  );
  const others = list.filter((metric) => metric !== cpu);
  if (others.length > 0) kept[annotations.currentMetrics] = JSON.stringify(others);
  if (conditions?.length > 0) kept[annotations.conditions] = JSON.stringify(conditions);
  const current = cpu?.resource.current.averageUtilization;
  return {
    ...status,
    currentReplicas: status.currentReplicas ?? 0,
    ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
  };
}

/** Fields that the two kinds of Event call differently: core's name, then that of events.k8s.io. */
const eventFields: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];

function rename(event: KubeObject, pairs: readonly (readonly [string, string])[]): KubeObject {
  for (const [from, to] of pairs) {
    if (event[from] !== undefined) event[to] = event[from];
    delete event[from];
  }
  return event;
}

function eventToEvents(event: KubeObject): KubeObject {
  return rename(event, eventFields);
}

function eventToCore(event: KubeObject): KubeObject {
  return rename(
    event,
    eventFields.map(([core, events]) => [events, core] as const),
  );
}
