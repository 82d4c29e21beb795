import type { KubeObject } from '@lateen/kube/types';
import { addQuantity, compareQuantity, formatQuantity, type Quantity } from '../../schema/quantity.ts';
import type { Attributes } from '../engine/attributes.ts';
import { forbidden } from '../errors.ts';
import { amount } from '../quota/usage.ts';

type Resources = Record<string, string>;

interface Limit {
  type: string;
  default?: Resources;
  defaultRequest?: Resources;
  max?: Resources;
  min?: Resources;
  maxLimitRequestRatio?: Resources;
}

const annotation = 'kubernetes.io/limit-ranger';

function limitsFor({ core, served, subresource, operation, namespace }: Attributes, kind: string): Limit[] {
  if (served.resource.storage !== kind || subresource !== '' || operation !== 'CREATE') return [];
  const ranges = core.store.collection('limitranges');
  if (ranges.size === 0) return [];
  return [...ranges.entries(namespace)].flatMap((entry) => entry.object.spec?.limits ?? []);
}

/** Containers without requests or limits get those of the namespace. */
export function limitDefaults(attributes: Attributes): void {
  const limits = limitsFor(attributes, 'pods').filter((limit) => limit.type === 'Container');
  if (limits.length === 0) return;
  const pod = attributes.object!;
  const texts: string[] = [];
  for (const [what, containers] of [
    ['container', pod.spec?.containers ?? []],
    ['init container', pod.spec?.initContainers ?? []],
  ] as const) {
    for (const container of containers) texts.push(...completeContainer(container, what, limits));
  }
  if (texts.length === 0) return;
  const annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${texts.join('; ')}`,
  };
  pod.metadata.annotations = annotations;
}

function completeContainer(container: any, what: string, limits: readonly Limit[]): string[] {
  const merged = (field: 'default' | 'defaultRequest') =>
    Object.assign({}, ...limits.map((limit) => limit[field] ?? {}));
  container.resources ??= {};
  const set = (list: 'requests' | 'limits', defaults: Resources): string => {
    const missing = Object.keys(defaults).filter((name) => container.resources[list]?.[name] === undefined);
    if (missing.length === 0) return '';
    container.resources[list] = { ...container.resources[list] };
    for (const name of missing) container.resources[list][name] = defaults[name];
    return missing.sort().join(', ');
  };
  const requests = set('requests', merged('defaultRequest'));
  const maximums = set('limits', merged('default'));
  return [
    ...(requests ? [`${requests} request for ${what} ${container.name}`] : []),
    ...(maximums ? [`${maximums} limit for ${what} ${container.name}`] : []),
  ];
}

/** Refuses containers, pods and claims outside the namespace's limits. */
export function limitChecks(attributes: Attributes): void {
  const problems: string[] = [];
  for (const limit of limitsFor(attributes, 'pods')) {
    const { spec = {} } = attributes.object!;
    const containers: any[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    if (limit.type === 'Container')
      for (const one of containers) problems.push(...check(limit, one.resources ?? {}));
    if (limit.type === 'Pod') problems.push(...check(limit, podTotals(attributes.object!)));
  }
  for (const limit of limitsFor(attributes, 'persistentvolumeclaims')) {
    if (limit.type === 'PersistentVolumeClaim')
      problems.push(...check(limit, attributes.object!.spec?.resources ?? {}));
  }
  if (problems.length === 0) return;
  const { served, object } = attributes;
  const text = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
  throw forbidden({ group: '', resource: served.resource.plural }, object!.metadata.name ?? '', text);
}

function podTotals(pod: KubeObject): { requests: Resources; limits: Resources } {
  const total = (list: 'requests' | 'limits'): Resources => {
    const sum = new Map<string, Quantity>();
    for (const container of pod.spec?.containers ?? []) {
      for (const [name, text] of Object.entries(container.resources?.[list] ?? {})) {
        sum.set(name, addQuantity(sum.get(name) ?? amount('0'), amount(text)));
      }
    }
    return Object.fromEntries([...sum].map(([name, value]) => [name, formatQuantity(value)]));
  };
  return { requests: total('requests'), limits: total('limits') };
}

function check(limit: Limit, resources: { requests?: Resources; limits?: Resources }): string[] {
  const { requests = {}, limits = {} } = resources;
  return [
    ...each(limit.min, (name, bound) => below(limit.type, name, bound, requests[name], limits[name])),
    ...each(limit.max, (name, bound) => above(limit.type, name, bound, requests[name], limits[name])),
    ...each(limit.maxLimitRequestRatio, (name, bound) =>
      ratio(limit.type, name, bound, requests[name], limits[name]),
    ),
  ];
}

function each(
  bounds: Resources | undefined,
  problem: (name: string, bound: string) => string | undefined,
): string[] {
  return Object.entries(bounds ?? {}).flatMap(([name, bound]) => problem(name, bound) ?? []);
}

const less = (a: string, b: string) => compareQuantity(amount(a), amount(b)) < 0;

function below(
  type: string,
  name: string,
  bound: string,
  request?: string,
  limit?: string,
): string | undefined {
  const text = `minimum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return `${text}.  No request is specified`;
  if (less(request, bound)) return `${text}, but request is ${request}`;
  return limit !== undefined && less(limit, bound) ? `${text}, but limit is ${limit}` : undefined;
}

function above(
  type: string,
  name: string,
  bound: string,
  request?: string,
  limit?: string,
): string | undefined {
  const text = `maximum ${name} usage per ${type} is ${bound}`;
  if (type === 'PersistentVolumeClaim') {
    if (request === undefined) return `${text}.  No request is specified`;
    return less(bound, request) ? `${text}, but request is ${request}` : undefined;
  }
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (less(bound, limit)) return `${text}, but limit is ${limit}`;
  return request !== undefined && less(bound, request) ? `${text}, but request is ${request}` : undefined;
}

function ratio(
  type: string,
  name: string,
  bound: string,
  request?: string,
  limit?: string,
): string | undefined {
  const text = `${name} max limit to request ratio per ${type} is ${bound}`;
  const zero = (value: string | undefined) => value === undefined || amount(value).nano === 0n;
  if (zero(request)) return `${text}, but no request is specified or request is 0`;
  if (zero(limit)) return `${text}, but no limit is specified or limit is 0`;
  const found = Number(amount(limit).nano) / Number(amount(request).nano);
  const allowed = Number(amount(bound).nano) / 1e9;
  return found > allowed ? `${text}, but provided ratio is ${found.toFixed(6)}` : undefined;
}
