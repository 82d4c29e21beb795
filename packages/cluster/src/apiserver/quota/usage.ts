import type { KubeObject } from '@lateen/kube/types';
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantity,
} from '../../schema/quantity.ts';

/** Amounts by quota resource: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Amounts = Map<string, Quantity>;

const zero: Quantity = { nano: 0n, format: 'DecimalSI' };
const one: Quantity = { nano: 1_000_000_000n, format: 'DecimalSI' };

/** Resources that are counted under a name of their own besides `count/…`. */
const plainCounts: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'configmaps',
  'secrets',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
]);

export function amount(text: unknown): Quantity {
  return parseQuantity(String(text ?? '0')) ?? zero;
}

/** What one object uses. */
export function usageOf(storage: string, object: KubeObject): Amounts {
  const usage: Amounts = new Map([[`count/${storage}`, one]]);
  if (storage === 'pods' && hasEnded(object)) return usage;
  if (plainCounts.has(storage)) usage.set(storage, one);
  if (storage === 'pods') addPod(usage, object);
  if (storage === 'services') addService(usage, object);
  if (storage === 'persistentvolumeclaims')
    usage.set('requests.storage', amount(object.spec?.resources?.requests?.storage));
  return usage;
}

function hasEnded(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed'].includes(pod.status?.phase);
}

function addService(usage: Amounts, { spec = {} }: KubeObject): void {
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', one);
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  const ports = BigInt(spec.allocateLoadBalancerNodePorts === false ? 0 : (spec.ports ?? []).length);
  usage.set('services.nodeports', { nano: ports * one.nano, format: 'DecimalSI' });
}

function addPod(usage: Amounts, { spec = {} }: KubeObject): void {
  for (const kind of ['requests', 'limits'] as const) {
    const total = podResources(spec, kind);
    for (const [name, value] of total) {
      usage.set(`${kind}.${name}`, value);
      if (kind === 'requests' && ['cpu', 'memory', 'ephemeral-storage'].includes(name))
        usage.set(name, value);
    }
  }
}

/** The sum of the containers, or the largest init container where that is more. */
function podResources(spec: any, kind: 'requests' | 'limits'): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers ?? []) {
    for (const [name, text] of Object.entries(container.resources?.[kind] ?? {})) {
      total.set(name, addQuantity(total.get(name) ?? zero, amount(text)));
    }
  }
  for (const container of spec.initContainers ?? []) {
    for (const [name, text] of Object.entries(container.resources?.[kind] ?? {})) {
      const value = amount(text);
      if (compareQuantity(value, total.get(name) ?? zero) > 0) total.set(name, value);
    }
  }
  return total;
}

export function plus(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, value] of b) sum.set(name, addQuantity(sum.get(name) ?? zero, value));
  return sum;
}

export function minus(a: Amounts, b: Amounts): Amounts {
  const difference = new Map(a);
  for (const [name, value] of b) difference.set(name, subtractQuantity(difference.get(name) ?? zero, value));
  return difference;
}

export function isPositive(value: Quantity | undefined): boolean {
  return value !== undefined && value.nano > 0n;
}

export function exceeds(value: Quantity, limit: Quantity): boolean {
  return compareQuantity(value, limit) > 0;
}

export function amountOf(amounts: Amounts, name: string): Quantity {
  return amounts.get(name) ?? zero;
}
