import type { Clock, Log } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import type { KindSchema } from '../schema/index.ts';
import type { Attributes } from './engine/attributes.ts';
import { internal } from './errors.ts';
import type { NodeConnection } from './passthrough/node.ts';
import type { Registry } from './registry.ts';
import type { ServedVersion } from './resource.ts';
import type { Store } from './store/store.ts';
import type { TokenIssuer } from './tokens.ts';

export type Profile = 'demo' | 'none' | 'api';

/** What happens to an object between decoding and storing, beyond its own kind's rules. */
export interface Admission {
  /** May change the object; refuses by throwing an ApiError. */
  mutate(attributes: Attributes): Promise<void>;
  /** Only refuses. */
  validate(attributes: Attributes): Promise<void>;
}

/** Resources outside the object itself that a write takes and gives back: addresses, ports. */
export interface Allocation {
  /** Gives up what the object's new type does not need, before validation. */
  prepare(attributes: Attributes): void;
  /** Completes the object. What it returns gives back what was taken, when the write fails. */
  allocate(attributes: Attributes): () => void;
  /** Called for every durable change, with undefined for absent. */
  released(storage: string, before: KubeObject | undefined, after: KubeObject | undefined): void;
}

/** Everything that the handlers of one server share. */
export interface Core {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly admission: Admission;
  readonly allocation: Allocation;
  readonly kinds: KindCache;
  readonly tokens: TokenIssuer;
  readonly node: NodeConnection;
}

/** Schemas of the kinds that are served, made on first use. */
export class KindCache {
  readonly #make: (served: ServedVersion) => KindSchema | undefined;
  readonly #kinds = new WeakMap<ServedVersion, KindSchema>();

  constructor(make: (served: ServedVersion) => KindSchema | undefined) {
    this.#make = make;
  }

  of(served: ServedVersion): KindSchema {
    if (served.custom) return served.custom;
    let kind = this.#kinds.get(served);
    if (!kind) {
      kind = this.#make(served);
      if (!kind) throw internal(`no schema for ${served.group}/${served.version} ${served.resource.kind}`);
      this.#kinds.set(served, kind);
    }
    return kind;
  }
}
