import { readdirSync, rmSync } from 'node:fs';
import { Informer, type KubeObject, resources } from '@lateen/kube';
import type { Ipam } from '../network/ipam.ts';
import type { NodeContext } from './context.ts';
import { podDirectory } from './pod/names.ts';
import { PodWorker } from './pod/worker.ts';

/** The node's pods: one worker for each that is bound here. */
export class Pods {
  readonly #context: NodeContext;
  readonly #informer: Informer;
  readonly #workers = new Map<string, PodWorker>();
  #closed = false;

  constructor(context: NodeContext) {
    this.#context = context;
    this.#informer = new Informer(context.client, resources.pods, {
      fieldSelector: `spec.nodeName=${context.nodeName}`,
      log: context.log,
    });
  }

  /** Begins to run what is bound here, after cleaning up after pods that have gone while the node was down. */
  async start(ipam: Ipam): Promise<void> {
    this.#informer.start();
    await this.#informer.synced;
    const uids = new Set(this.#informer.store.list().map(({ metadata }) => metadata.uid!));
    ipam.retain(uids);
    for (const uid of readdirSync(this.#context.podsDirectory)) {
      if (!uids.has(uid))
        rmSync(podDirectory(this.#context.podsDirectory, uid), { recursive: true, force: true });
    }
    this.#informer.on({
      add: (pod) => this.#add(pod),
      update: (pod) => this.#workers.get(pod.metadata.uid!)?.update(pod),
      delete: (pod) => this.#workers.get(pod.metadata.uid!)?.remove(),
    });
  }

  find(namespace: string, name: string): PodWorker | undefined {
    return this.list().find(
      ({ pod: { metadata } }) => metadata.name === name && metadata.namespace === namespace,
    );
  }

  list(): PodWorker[] {
    return [...this.#workers.values()];
  }

  /** A ConfigMap or Secret has changed: volumes of the namespace's pods that show it are written again. */
  referenceChanged(object: KubeObject): void {
    for (const worker of this.list()) {
      if (worker.pod.metadata.namespace === object.metadata.namespace) worker.refreshVolumes();
    }
  }

  async close(grace: number): Promise<void> {
    this.#closed = true;
    await Promise.all(this.list().map((worker) => worker.shutdown(grace)));
    await this.#informer.stop();
  }

  #add(pod: KubeObject): void {
    const uid = pod.metadata.uid!;
    if (this.#closed || this.#workers.has(uid)) return;
    const worker = new PodWorker(this.#context, pod);
    this.#workers.set(uid, worker);
    void worker.done.then(() => this.#workers.delete(uid));
  }
}
