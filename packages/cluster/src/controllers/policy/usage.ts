import type { KubeObject } from '@lateen/kube';
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from '../../schema/quantity.ts';
import { isPodFinished } from '../common/pods.ts';

/** Amounts by the name under which a quota limits them, such as `requests.cpu`. */
export type Usage = Record<string, Quantity>;

const one: Quantity = { nano: 1_000_000_000n, format: 'DecimalSI' };
const zero: Quantity = { nano: 0n, format: 'DecimalSI' };

/** Names of the resources that quotas know without `count/`. */
const counted: Record<string, string> = {
  configmaps: 'configmaps',
  persistentvolumeclaims: 'persistentvolumeclaims',
  pods: 'pods',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
  secrets: 'secrets',
  services: 'services',
};

/** What one object of a resource uses of a quota; `resource` is its plural name with its group, such as `deployments.apps`. */
export function usageOf(resource: string, object: KubeObject): Usage {
  const usage: Usage = { [`count/${resource}`]: one };
  if (resource === 'pods')
    return isPodFinished(object) ? usage : { ...usage, pods: one, ...podUsage(object) };
  if (counted[resource]) usage[counted[resource]] = one;
  if (resource === 'services') Object.assign(usage, serviceUsage(object));
  if (resource === 'persistentvolumeclaims') {
    const storage = object.spec?.resources?.requests?.storage;
    if (storage) usage['requests.storage'] = parseQuantity(String(storage)) ?? zero;
  }
  return usage;
}

function serviceUsage({ spec }: KubeObject): Usage {
  const ports: Quantity = { nano: BigInt(spec.ports?.length ?? 0) * one.nano, format: 'DecimalSI' };
  if (spec.type === 'NodePort') return { 'services.nodeports': ports };
  if (spec.type !== 'LoadBalancer') return {};
  const withoutNodePorts = spec.allocateLoadBalancerNodePorts === false;
  return { 'services.loadbalancers': one, 'services.nodeports': withoutNodePorts ? zero : ports };
}

function podUsage({ spec }: KubeObject): Usage {
  const usage: Usage = {};
  for (const list of ['requests', 'limits']) {
    const amounts = podResources(spec, list);
    for (const [name, amount] of Object.entries(amounts)) {
      usage[`${list}.${name}`] = amount;
      if (list === 'requests') usage[name] = amount;
    }
  }
  return usage;
}

/** Containers add up; init containers run one after the other, so the largest of them counts. */
function podResources(spec: any, list: string): Usage {
  const sum: Usage = {};
  const amountsOf = (container: any) => Object.entries<any>(container.resources?.[list] ?? {});
  const sidecars = (spec.initContainers ?? []).filter(
    (container: any) => container.restartPolicy === 'Always',
  );
  for (const container of [...(spec.containers ?? []), ...sidecars]) {
    for (const [name, amount] of amountsOf(container)) {
      sum[name] = addQuantity(sum[name] ?? zero, parseQuantity(String(amount)) ?? zero);
    }
  }
  for (const container of spec.initContainers ?? []) {
    for (const [name, amount] of amountsOf(container)) {
      const quantity = parseQuantity(String(amount)) ?? zero;
      if (!sum[name] || compareQuantity(quantity, sum[name]) > 0) sum[name] = quantity;
    }
  }
  return sum;
}

/** What many objects use of the limits that a quota names, written as Kubernetes writes it. */
export function totalUsage(hard: Record<string, unknown>, parts: Iterable<Usage>): Record<string, string> {
  const total: Usage = {};
  for (const name of Object.keys(hard)) total[name] = zero;
  for (const part of parts) {
    for (const [name, amount] of Object.entries(part))
      if (total[name]) total[name] = addQuantity(total[name], amount);
  }
  return Object.fromEntries(Object.entries(total).map(([name, amount]) => [name, formatQuantity(amount)]));
}

/** The resources that a quota with these limits counts, as `resource.group`. */
export function quotaResources(hard: Record<string, unknown>): string[] {
  const found = new Set<string>();
  for (const name of Object.keys(hard)) {
    if (name.startsWith('count/')) found.add(name.slice('count/'.length));
    else if (name.startsWith('services')) found.add('services');
    else if (counted[name]) found.add(counted[name]);
    else if (name === 'requests.storage') found.add('persistentvolumeclaims');
    else found.add('pods');
  }
  return [...found];
}
