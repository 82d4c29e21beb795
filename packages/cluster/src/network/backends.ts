import { Informer, type KubeClient, type KubeObject, resources } from '@lateen/kube';
import type { Target } from './relay.ts';

const serviceLabel = 'kubernetes.io/service-name';
const affinityEntries = 4096;

/** Services and their ready endpoints, as the API has them now. */
export class Backends {
  readonly services: Informer;
  readonly slices: Informer;
  readonly #turns = new Map<string, number>();
  readonly #affinity = new Map<string, string>();

  constructor(client: KubeClient) {
    this.services = new Informer(client, resources.services);
    this.slices = new Informer(client, resources.endpointSlices);
    this.slices.addIndex('service', (slice) => [
      `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceLabel] ?? ''}`,
    ]);
  }

  async start(): Promise<void> {
    this.services.start();
    this.slices.start();
    await Promise.all([this.services.synced, this.slices.synced]);
  }

  /** Calls back whenever anything changes. */
  onChange(changed: (namespace: string, service: string) => void): void {
    const ofService = (service: KubeObject) => changed(service.metadata.namespace!, service.metadata.name!);
    const ofSlice = (slice: KubeObject) => {
      const name = slice.metadata.labels?.[serviceLabel];
      if (name) changed(slice.metadata.namespace!, name);
    };
    this.services.on({ add: ofService, update: ofService, delete: ofService });
    this.slices.on({ add: ofSlice, update: ofSlice, delete: ofSlice });
  }

  slicesOf(namespace: string, service: string): KubeObject[] {
    return this.slices.store.byIndex('service', `${namespace}/${service}`);
  }

  /** Ready endpoints of a service's port, which is given by its number there. */
  targets(service: KubeObject, port: number): Target[] {
    const { namespace, name } = service.metadata;
    return readyTargets(service, port, this.slicesOf(namespace!, name!));
  }

  /** The endpoints to try for a connection, in order: each in its turn, or always the same for a client. */
  choose(service: KubeObject, port: number, client: string | undefined): Target[] {
    const targets = this.targets(service, port);
    if (targets.length === 0) return [];
    const key = `${service.metadata.namespace}/${service.metadata.name}:${port}`;
    const sticky = service.spec.sessionAffinity === 'ClientIP' && client ? `${key}|${client}` : undefined;
    const known = sticky && targets.findIndex(({ address }) => address === this.#affinity.get(sticky));
    const turn =
      known !== undefined && known !== '' && known >= 0 ? known : this.#nextTurn(key) % targets.length;
    const ordered = [...targets.slice(turn), ...targets.slice(0, turn)].slice(0, 3);
    if (sticky) this.#remember(sticky, ordered[0]!.address);
    return ordered;
  }

  async stop(): Promise<void> {
    await Promise.all([this.services.stop(), this.slices.stop()]);
  }

  #nextTurn(key: string): number {
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    return turn;
  }

  #remember(key: string, address: string): void {
    this.#affinity.delete(key);
    this.#affinity.set(key, address);
    if (this.#affinity.size > affinityEntries) this.#affinity.delete(this.#affinity.keys().next().value!);
  }
}

/** Endpoints in the slices that take connections for a service's port. Pure. */
export function readyTargets(service: KubeObject, port: number, slices: readonly KubeObject[]): Target[] {
  const servicePort = (service.spec.ports ?? []).find((candidate: any) => candidate.port === port);
  if (!servicePort) return [];
  const name = servicePort.name ?? '';
  const all = service.spec.publishNotReadyAddresses === true;
  return slices.flatMap((slice) => {
    const number = (slice.ports ?? []).find((candidate: any) => (candidate.name ?? '') === name)?.port;
    if (!number || slice.addressType === 'IPv6') return [];
    return (slice.endpoints ?? [])
      .filter(({ conditions }: any) => all || conditions?.ready !== false)
      .map(({ addresses }: any) => ({ address: addresses[0], port: number }));
  });
}
