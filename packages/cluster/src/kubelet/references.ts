import { Informer, type KubeClient, type KubeObject, resources } from '@lateen/kube';
import type { References } from './pod/environment.ts';

/** ConfigMaps and Secrets, kept current so that volumes that show them follow within moments. */
export class LiveReferences implements References {
  readonly #configMaps: Informer;
  readonly #secrets: Informer;

  constructor(client: KubeClient) {
    this.#configMaps = new Informer(client, resources.configMaps);
    this.#secrets = new Informer(client, resources.secrets);
  }

  async start(): Promise<void> {
    this.#configMaps.start();
    this.#secrets.start();
    await Promise.all([this.#configMaps.synced, this.#secrets.synced]);
  }

  onChange(changed: (object: KubeObject) => void): void {
    this.#configMaps.on({ add: changed, update: changed });
    this.#secrets.on({ add: changed, update: changed });
  }

  configMap(namespace: string, name: string): KubeObject | undefined {
    const found = this.#configMaps.store.get(name, namespace);
    return found && { ...found, kind: 'ConfigMap' };
  }

  secret(namespace: string, name: string): KubeObject | undefined {
    const found = this.#secrets.store.get(name, namespace);
    return found && { ...found, kind: 'Secret' };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#configMaps.stop(), this.#secrets.stop()]);
  }
}
