import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { signJwt, toJwk, verifyJwt } from '@lateen/identity';
import type { Clock } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import type { User } from './request.ts';
import type { Store } from './store/store.ts';

export interface TokenWish {
  readonly account: KubeObject;
  readonly audiences: readonly string[];
  readonly seconds: number;
  readonly bound?: { kind: string; name: string; uid: string } | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

const boundPlurals: Readonly<Record<string, string>> = { pod: 'pods', secret: 'secrets', node: 'nodes' };

/** Issues and checks service account tokens: JWTs with Kubernetes' claims, signed by the cluster's key. */
export class TokenIssuer {
  readonly issuer = 'https://kubernetes.default.svc.cluster.local';
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #clock: Clock;
  readonly #store: Store;

  constructor(key: KeyObject, clock: Clock, store: Store) {
    this.#key = key;
    this.#publicKey = createPublicKey(key);
    this.#clock = clock;
    this.#store = store;
  }

  issue({ account, audiences, seconds, bound }: TokenWish): IssuedToken {
    const now = Math.floor(this.#clock.now() / 1000);
    const { name, namespace, uid } = account.metadata;
    const token = signJwt(
      {
        aud: audiences,
        exp: now + seconds,
        iat: now,
        nbf: now,
        iss: this.issuer,
        jti: randomUUID(),
        sub: `system:serviceaccount:${namespace}:${name}`,
        'kubernetes.io': {
          namespace,
          ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
          serviceaccount: { name, uid },
        },
      },
      this.#key,
    );
    const text = (at: number) => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
    return { token, issuedAt: text(now), expiresAt: text(now + seconds) };
  }

  /** The user that a token stands for; undefined when it is none of ours, has expired or its objects are gone. */
  authenticate(
    token: string,
    audiences: readonly string[] = [this.issuer],
  ): (User & { audiences: string[] }) | undefined {
    const claims = verifyJwt(token, this.#publicKey) as any;
    if (!claims || claims.iss !== this.issuer) return undefined;
    const now = this.#clock.now() / 1000;
    if (typeof claims.exp !== 'number' || claims.exp <= now || (claims.nbf ?? 0) > now + 10) return undefined;
    const given: string[] = [claims.aud ?? []].flat();
    const shared = audiences.filter((audience) => given.includes(audience));
    const place = claims['kubernetes.io'];
    if (shared.length === 0 || !place || !this.#stillThere(place)) return undefined;
    const { namespace, serviceaccount, pod } = place;
    return {
      name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
        ...(pod && {
          'authentication.kubernetes.io/pod-name': [pod.name],
          'authentication.kubernetes.io/pod-uid': [pod.uid],
        }),
      },
      audiences: shared,
    };
  }

  /** The key set for OpenID discovery. */
  keySet(): Record<string, unknown> {
    return { keys: [toJwk(this.#publicKey)] };
  }

  #stillThere(place: any): boolean {
    const account = this.#store
      .collection('serviceaccounts')
      .get(place.namespace, place.serviceaccount?.name ?? '');
    if (account?.object.metadata.uid !== place.serviceaccount?.uid) return false;
    return Object.entries(boundPlurals).every(([kind, plural]) => {
      if (!place[kind]) return true;
      const found = this.#store
        .collection(plural)
        .get(kind === 'node' ? '' : place.namespace, place[kind].name);
      return found?.object.metadata.uid === place[kind].uid;
    });
  }
}
