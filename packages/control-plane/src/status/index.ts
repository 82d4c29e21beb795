import type { Clock, Log, Problem } from '@lateen/kit';
import { createReconciler, objectKey, type Reconciler } from '@lateen/kube';
import type { KubeClient, KubeObject } from '@lateen/kube/types';
import type { Ingest } from '../ingest/index.ts';
import { type CollectionName, customKinds } from '../ingest/kinds.ts';
import type { Distributor } from '../push/distributor.ts';
import { type Delivery, desiredStatus, sameStatus } from './condition.ts';

export interface StatusOptions {
  readonly client: KubeClient;
  readonly ingest: Ingest;
  readonly distributor: Distributor;
  /** What is wrong with an object by itself: it may have come in while no webhook was there. */
  validate(object: KubeObject): readonly Problem[];
  readonly clock: Clock;
  readonly log: Log;
}

const gracePeriod = 5000;

/**
 * Writes to every Istio resource whether it is right and whether all proxies hold it. A status is written only when it
 * says something else than what stands there, so writing it is never a reason to write it again.
 */
export class StatusWriter {
  readonly #options: StatusOptions;
  readonly #reconciler: Reconciler;
  #problems: readonly Problem[] | undefined;
  #byObject = new Map<string, Problem[]>();
  readonly #validated = new WeakMap<KubeObject, readonly Problem[]>();
  #cancelCheck: (() => void) | undefined;
  #pushedAt = 0;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#reconciler = createReconciler({
      name: 'status',
      log: options.log,
      concurrency: 4,
      reconcile: (key) => this.#write(key),
    });
  }

  /** After each push: the problems may be others, objects may be new. */
  pushed(): void {
    this.#pushedAt = this.#options.clock.now();
    const problems = this.#options.distributor.model?.problems;
    if (problems !== this.#problems) this.#index(problems ?? []);
    this.#problems = problems;
    this.settled();
    this.#cancelCheck?.();
    this.#cancelCheck = this.#options.clock.after(gracePeriod, () => this.#enqueueAll());
  }

  /** After a proxy has answered, or has gone. */
  settled(): void {
    const all = this.#options.distributor.clients().every(({ connection }) => connection.session.settled);
    if (all) this.#enqueueAll();
  }

  stop(): void {
    this.#cancelCheck?.();
    void this.#reconciler.stop();
  }

  #index(problems: readonly Problem[]): void {
    this.#byObject = new Map();
    for (const problem of problems) {
      if (!problem.object) continue;
      const key = `${problem.object.kind} ${problem.object.namespace ?? ''}/${problem.object.name}`;
      const list = this.#byObject.get(key);
      if (list) list.push(problem);
      else this.#byObject.set(key, [problem]);
    }
  }

  #enqueueAll(): void {
    for (const { name } of customKinds) {
      for (const object of this.#options.ingest.collection(name)?.list() ?? []) {
        const current = this.#options.ingest.collection(name)!.current(objectKey(object));
        if (current && this.#wanted(current)) this.#reconciler.add(`${name} ${objectKey(object)}`);
      }
    }
  }

  #problemsOf(object: KubeObject, key: string): readonly Problem[] {
    let own = this.#validated.get(object);
    if (!own) {
      own = this.#options.validate(object);
      this.#validated.set(object, own);
    }
    const others = this.#byObject.get(key) ?? [];
    const paths = new Set(others.map(({ path }) => path));
    return [...others, ...own.filter(({ path }) => !paths.has(path))];
  }

  #delivery(): Delivery {
    const clients = this.#options.distributor.clients();
    const waiting = clients.filter(({ connection }) => !connection.session.settled);
    const name = ({ node }: (typeof clients)[number]) => `${node.name}.${node.namespace}`;
    return { total: clients.length, waiting: waiting.map(name) };
  }

  /** The status that is to be written over the one of `object`; `undefined` when that one is right. */
  #wanted(object: KubeObject): object | undefined {
    const delivery = this.#delivery();
    const overdue = this.#options.clock.now() - this.#pushedAt >= gracePeriod;
    if (delivery.waiting.length > 0 && !overdue) return undefined;
    const key = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const status = desiredStatus(object, this.#problemsOf(object, key), delivery, this.#options.clock.now());
    return sameStatus(object.status, status) ? undefined : status;
  }

  async #write(key: string): Promise<void> {
    const [name, objectName] = key.split(' ') as [CollectionName, string];
    const collection = this.#options.ingest.collection(name);
    const object = collection?.current(objectName);
    const status = object && this.#wanted(object);
    if (!collection || !status) return;
    const { namespace, name: simple, resourceVersion } = object.metadata;
    const body = { metadata: { resourceVersion }, status };
    try {
      await this.#options.client.patch(collection.resource, simple!, namespace, 'merge', body, {
        subresource: 'status',
        fieldManager: 'pilot-discovery',
      });
    } catch (error) {
      const code = (error as { code?: number }).code;
      if (code !== 404 && code !== 409) throw error;
    }
  }
}
