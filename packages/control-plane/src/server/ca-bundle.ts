import type { Log } from '@lateen/kit';
import { createReconciler, Informer, type Reconciler, type ResourceId, resources } from '@lateen/kube';
import type { KubeClient, KubeObject } from '@lateen/kube/types';

export interface CaBundleOptions {
  readonly client: KubeClient;
  readonly service: { readonly name: string; readonly namespace: string };
  /** PEM of the authority of the webhooks' certificate. */
  readonly caBundle: string;
  readonly log: Log;
}

/** Keeps the caBundle of every webhook configuration that names our service, also after it has been applied anew. */
export class CaBundleKeeper {
  readonly #options: CaBundleOptions;
  readonly #informers: Informer[] = [];
  readonly #reconcilers: Reconciler[] = [];

  constructor(options: CaBundleOptions) {
    this.#options = options;
    for (const id of [resources.mutatingWebhookConfigurations, resources.validatingWebhookConfigurations])
      this.#keep(id);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers, ...this.#reconcilers].map((part) => part.stop()));
  }

  #keep(id: ResourceId): void {
    const { client, log } = this.#options;
    const informer = new Informer(client, id, { log });
    const reconciler = createReconciler({
      name: id.resource,
      log,
      reconcile: (key) => this.#reconcile(id, informer.store.getByKey(key)),
    });
    const changed = ({ metadata }: KubeObject) => reconciler.add(metadata.name!);
    informer.on({ add: changed, update: changed });
    informer.start();
    this.#informers.push(informer);
    this.#reconcilers.push(reconciler);
  }

  async #reconcile(id: ResourceId, configuration: KubeObject | undefined): Promise<void> {
    const { client, service, caBundle, log } = this.#options;
    const wanted = Buffer.from(caBundle).toString('base64');
    const patch = (configuration?.webhooks ?? []).flatMap((webhook: any, index: number) => {
      const target = webhook.clientConfig?.service;
      if (target?.name !== service.name || target?.namespace !== service.namespace) return [];
      if (webhook.clientConfig.caBundle === wanted) return [];
      return [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: wanted }];
    });
    if (!configuration || patch.length === 0) return;
    const version = {
      op: 'test',
      path: '/metadata/resourceVersion',
      value: configuration.metadata.resourceVersion,
    };
    await client.patch(id, configuration.metadata.name!, undefined, 'json', [version, ...patch], {
      fieldManager: 'pilot-discovery',
    });
    log.info('set the caBundle', { configuration: configuration.metadata.name });
  }
}
