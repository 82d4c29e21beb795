import type { Resource, ServedVersion } from './resource.ts';

/** What is served now: built-in resources and those of established definitions. */
export class Registry {
  readonly #versions = new Map<string, ServedVersion>();
  readonly #stored = new Map<string, Resource>();
  readonly #order = new Map<string, string[]>();
  /** Grows with every change; discovery and OpenAPI are cached by it. */
  revision = 0;
  /** Called after every change, when it is set. */
  onChange: () => void = () => {};

  constructor(builtin: readonly ServedVersion[]) {
    for (const version of builtin) this.add(version);
  }

  add(version: ServedVersion): void {
    this.#versions.set(keyOf(version.group, version.version, version.resource.plural), version);
    this.#stored.set(version.resource.storage, version.resource);
    const versions = this.#order.get(version.group) ?? [];
    if (!versions.includes(version.version)) this.#order.set(version.group, [...versions, version.version]);
    this.revision++;
    this.onChange();
  }

  /** Stops serving every version of a custom resource. */
  removeResource(group: string, plural: string): void {
    for (const [key, served] of this.#versions) {
      if (served.group === group && served.resource.plural === plural) this.#versions.delete(key);
    }
    this.#stored.delete(`${plural}.${group}`);
    const left = new Set(
      [...this.#versions.values()].filter((one) => one.group === group).map((one) => one.version),
    );
    const versions = (this.#order.get(group) ?? []).filter((version) => left.has(version));
    if (versions.length > 0) this.#order.set(group, versions);
    else this.#order.delete(group);
    this.revision++;
    this.onChange();
  }

  find(group: string, version: string, plural: string): ServedVersion | undefined {
    return this.#versions.get(keyOf(group, version, plural));
  }

  findKind(group: string, version: string, kind: string): ServedVersion | undefined {
    for (const served of this.#versions.values()) {
      if (served.group === group && served.version === version && served.resource.kind === kind)
        return served;
    }
    return undefined;
  }

  stored(storage: string): Resource | undefined {
    return this.#stored.get(storage);
  }

  /** The served form in which objects of this resource are stored. */
  storedVersion(resource: Resource): ServedVersion | undefined {
    return this.find(resource.group, resource.version, resource.plural);
  }

  storedResources(): IterableIterator<Resource> {
    return this.#stored.values();
  }

  groups(): string[] {
    return [...this.#order.keys()];
  }

  /** Versions of a group, the preferred one first. */
  versions(group: string): string[] {
    return (this.#order.get(group) ?? []).toSorted(compareVersions);
  }

  hasVersion(group: string, version: string): boolean {
    return this.#order.get(group)?.includes(version) ?? false;
  }

  resources(group: string, version: string): ServedVersion[] {
    return [...this.#versions.values()]
      .filter((one) => one.group === group && one.version === version)
      .sort((a, b) => (a.resource.plural < b.resource.plural ? -1 : 1));
  }

  all(): IterableIterator<ServedVersion> {
    return this.#versions.values();
  }
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

/** Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1, then others by name. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return right[0]! - left[0]! || right[1]! - left[1]! || right[2]! - left[2]!;
}

function parseVersion(version: string): number[] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return undefined;
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}
