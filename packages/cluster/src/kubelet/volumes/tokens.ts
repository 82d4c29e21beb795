import type { Clock } from '@lateen/kit';
import { type KubeClient, type KubeObject, resources } from '@lateen/kube';
import { tokenKey, tokenSources } from './files.ts';

/** Part of a token's life after which a new one is asked for. */
const renewAfter = 0.8;

/** Service account tokens of one pod, asked for when needed and renewed before they expire. */
export class PodTokens {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { token: string; renewAt: number }>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  get values(): ReadonlyMap<string, string> {
    return new Map([...this.#tokens].map(([key, { token }]) => [key, token]));
  }

  /** Makes sure that every token that the pod's volumes want is there and fresh. */
  async renew(pod: KubeObject): Promise<void> {
    for (const source of tokenSources(pod)) {
      const known = this.#tokens.get(tokenKey(source));
      if (known && known.renewAt > this.#clock.now()) continue;
      try {
        this.#tokens.set(tokenKey(source), await this.#request(pod, source));
      } catch (error) {
        // An old token may still be good for a while; it is asked for again at the next turn.
        if (!known) throw error;
      }
    }
  }

  async #request(pod: KubeObject, source: { audience?: string; expirationSeconds?: number }) {
    const { name, namespace, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName || 'default';
    const request: KubeObject = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace },
      spec: {
        audiences: source.audience ? [source.audience] : [],
        expirationSeconds: source.expirationSeconds ?? 3600,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const answer = await this.#client.create(resources.serviceAccounts, request, { subresource: 'token' });
    const now = this.#clock.now();
    const life = Date.parse(answer.status.expirationTimestamp) - now;
    return { token: String(answer.status.token), renewAt: now + life * renewAfter };
  }
}
