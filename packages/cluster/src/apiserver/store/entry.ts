import type { KubeObject } from '@lateen/kube/types';

/** One version of one stored object. The object is shared and must never be changed. */
export class Entry {
  readonly namespace: string;
  readonly name: string;
  readonly version: number;
  readonly object: KubeObject;
  #json: string | undefined;
  #encodings: Map<string, string> | undefined;

  constructor(namespace: string, name: string, version: number, object: KubeObject) {
    this.namespace = namespace;
    this.name = name;
    this.version = version;
    this.object = object;
  }

  /** Position in lists: namespace, then name. */
  get key(): string {
    return entryKey(this.namespace, this.name);
  }

  /** The object as stored, encoded once. */
  get json(): string {
    this.#json ??= JSON.stringify(this.object);
    return this.#json;
  }

  /** Another encoding of the object (an older API version), made once. */
  encoding(id: string, make: (object: KubeObject) => string): string {
    this.#encodings ??= new Map();
    let text = this.#encodings.get(id);
    if (text === undefined) {
      text = make(this.object);
      this.#encodings.set(id, text);
    }
    return text;
  }
}

export function entryKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
