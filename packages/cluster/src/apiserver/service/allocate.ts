import type { KubeObject } from '@lateen/kube/types';
import type { Allocation } from '../core.ts';
import type { Attributes } from '../engine/attributes.ts';
import { internal, invalid } from '../errors.ts';
import { addressNumber, addressText, NumberPool, parseCidr } from './pool.ts';

export interface ServiceRanges {
  readonly serviceCidr: string;
  readonly nodePortRange: readonly [number, number];
}

interface Port {
  name?: string;
  protocol?: string;
  port: number;
  nodePort?: number;
}

/** Gives Services their cluster addresses and node ports. */
export class ServiceAllocation implements Allocation {
  readonly #ranges: ServiceRanges;
  readonly #addresses: NumberPool;
  readonly #ports: NumberPool;

  constructor(ranges: ServiceRanges) {
    this.#ranges = ranges;
    const { first, last } = parseCidr(ranges.serviceCidr);
    this.#addresses = new NumberPool(first, last, 255);
    const [low, high] = ranges.nodePortRange;
    this.#ports = new NumberPool(low, high, 86);
  }

  prepare(attributes: Attributes): void {
    if (!concerns(attributes)) return;
    if (attributes.operation === 'UPDATE') dropForType(attributes.object!);
  }

  allocate(attributes: Attributes): () => void {
    if (!concerns(attributes)) return () => {};
    const service = attributes.object!;
    const owner = ownerOf(service);
    const taken: (() => void)[] = [];
    const giveBack = () => {
      for (const undo of taken.splice(0)) undo();
    };
    try {
      this.#address(service, owner, taken);
      this.#nodePorts(service, owner, taken);
    } catch (error) {
      giveBack();
      throw error;
    }
    return giveBack;
  }

  released(storage: string, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (storage !== 'services') return;
    const kept = new Set(after ? heldBy(after) : []);
    if (after) this.#hold(after);
    if (!before) return;
    const owner = ownerOf(before);
    for (const item of heldBy(before)) {
      if (kept.has(item)) continue;
      const [pool, value] = item.split(' ');
      (pool === 'ip' ? this.#addresses : this.#ports).release(Number(value), owner);
    }
  }

  #hold(service: KubeObject): void {
    const owner = ownerOf(service);
    for (const item of heldBy(service)) {
      const [pool, value] = item.split(' ');
      (pool === 'ip' ? this.#addresses : this.#ports).take(Number(value), owner);
    }
  }

  #address(service: KubeObject, owner: string, taken: (() => void)[]): void {
    const { spec } = service;
    if (spec.type === 'ExternalName') return;
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    spec.clusterIP ??= spec.clusterIPs?.[0];
    if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
    if (spec.clusterIP === 'None') return;
    if (spec.clusterIP) {
      this.#takeAddress(service, owner, taken);
      return;
    }
    const value = this.#addresses.takeAny(owner);
    if (value === undefined) throw internal('failed to allocate a serviceIP: range is full');
    taken.push(() => this.#addresses.release(value, owner));
    spec.clusterIP = addressText(value);
    spec.clusterIPs = [spec.clusterIP];
  }

  #takeAddress(service: KubeObject, owner: string, taken: (() => void)[]): void {
    const { clusterIP, clusterIPs } = service.spec;
    const refuse = (why: string) => {
      const message = `Invalid value: ${JSON.stringify(clusterIPs)}: failed to allocate IP ${clusterIP}: ${why}`;
      throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
        { reason: 'FieldValueInvalid', field: 'spec.clusterIPs', message },
      ]);
    };
    const value = addressNumber(clusterIP);
    if (value === undefined || !this.#addresses.contains(value)) {
      refuse('the provided network does not match the current range');
    }
    const had = this.#addresses.owner(value!) === owner;
    if (!this.#addresses.take(value!, owner)) refuse('provided IP is already allocated');
    if (!had) taken.push(() => this.#addresses.release(value!, owner));
  }

  #nodePorts(service: KubeObject, owner: string, taken: (() => void)[]): void {
    const { spec } = service;
    if (!needsNodePorts(spec)) return;
    const automatic = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
    const ports: Port[] = spec.ports ?? [];
    for (const [index, port] of ports.entries()) {
      if (port.nodePort)
        this.#takePort(service, `spec.ports[${index}].nodePort`, port.nodePort, owner, taken);
    }
    for (const port of ports) {
      if (port.nodePort || !automatic) continue;
      const sibling = ports.find(
        (one) => one.nodePort && one.port === port.port && one.protocol !== port.protocol,
      );
      const value = sibling?.nodePort ?? this.#anyPort(owner, taken);
      port.nodePort = value;
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
      if (spec.healthCheckNodePort)
        this.#takePort(service, 'spec.healthCheckNodePort', spec.healthCheckNodePort, owner, taken);
      else spec.healthCheckNodePort = this.#anyPort(owner, taken);
    }
  }

  #anyPort(owner: string, taken: (() => void)[]): number {
    const value = this.#ports.takeAny(owner);
    if (value === undefined) throw internal('failed to allocate a nodePort: range is full');
    taken.push(() => this.#ports.release(value, owner));
    return value;
  }

  #takePort(service: KubeObject, field: string, value: number, owner: string, taken: (() => void)[]): void {
    const had = this.#ports.owner(value) === owner;
    const inRange = this.#ports.contains(value);
    if (inRange && this.#ports.take(value, owner)) {
      if (!had) taken.push(() => this.#ports.release(value, owner));
      return;
    }
    const [low, high] = this.#ranges.nodePortRange;
    const why = inRange
      ? 'provided port is already allocated'
      : `provided port is not in the valid range. The range of valid ports is ${low}-${high}`;
    throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
      { reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${why}` },
    ]);
  }
}

function concerns({ served, subresource, operation }: Attributes): boolean {
  return served.resource.storage === 'services' && subresource === '' && operation !== 'DELETE';
}

function ownerOf(service: KubeObject): string {
  return `${service.metadata.namespace}/${service.metadata.name}`;
}

function needsNodePorts(spec: any): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function heldBy(service: KubeObject): string[] {
  const { spec = {} } = service;
  const addresses = spec.type === 'ExternalName' ? [] : [spec.clusterIP ?? ''];
  const numbers = addresses.map(addressNumber).filter((value) => value !== undefined);
  const ports = [...(spec.ports ?? []).map((port: Port) => port.nodePort), spec.healthCheckNodePort].filter(
    Boolean,
  );
  return [...numbers.map((value) => `ip ${value}`), ...ports.map((port) => `port ${port}`)];
}

/** Values that were allocated for another type are given up, when the type changes without naming them anew. */
function dropForType(service: KubeObject): void {
  const { spec } = service;
  if (spec.type === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[field];
  }
  if (!needsNodePorts(spec)) for (const port of spec.ports ?? []) delete port.nodePort;
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') delete spec.healthCheckNodePort;
  if (spec.healthCheckNodePort === undefined) delete spec.healthCheckNodePort;
}
