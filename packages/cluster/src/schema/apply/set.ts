import { byteOrder } from '../gotext.ts';

/**
 * A set of fields as `fieldsV1` writes it: path elements are `f:name`, `k:{"name":"a"}`, `v:"x"`. An element may be a
 * member itself, have members below it, or both.
 */
export class FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, FieldSet>;

  constructor(members: Iterable<string> = [], children: Iterable<[string, FieldSet]> = []) {
    this.members = new Set(members);
    this.children = new Map(children);
  }

  get empty(): boolean {
    return this.members.size === 0 && [...this.children.values()].every((child) => child.empty);
  }

  insert(path: readonly string[]): void {
    if (path.length === 0) return;
    let at: FieldSet = this;
    for (const element of path.slice(0, -1)) at = at.descend(element);
    at.members.add(path.at(-1)!);
  }

  private descend(element: string): FieldSet {
    let child = this.children.get(element);
    if (child === undefined) {
      child = new FieldSet();
      this.children.set(element, child);
    }
    return child;
  }

  union(other: FieldSet): FieldSet {
    const out = new FieldSet([...this.members, ...other.members], this.children);
    for (const [element, child] of other.children) {
      out.children.set(element, out.children.get(element)?.union(child) ?? child);
    }
    return out;
  }

  difference(other: FieldSet): FieldSet {
    const members = [...this.members].filter((member) => !other.members.has(member));
    return new FieldSet(
      members,
      mapChildren(this, (element, child) => {
        const gone = other.children.get(element);
        return gone === undefined ? child : child.difference(gone);
      }),
    );
  }

  /** Without the other's members and everything below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    const members = [...this.members].filter((member) => !other.members.has(member));
    return new FieldSet(
      members,
      mapChildren(this, (element, child) => {
        if (other.members.has(element)) return undefined;
        const gone = other.children.get(element);
        return gone === undefined ? child : child.recursiveDifference(gone);
      }),
    );
  }

  intersection(other: FieldSet): FieldSet {
    const members = [...this.members].filter((member) => other.members.has(member));
    return new FieldSet(
      members,
      mapChildren(this, (element, child) => {
        const both = other.children.get(element);
        return both === undefined ? undefined : child.intersection(both);
      }),
    );
  }

  /** Every member's path, members of one level before those below. */
  paths(prefix: readonly string[] = []): string[][] {
    const own = [...this.members].toSorted(elementOrder).map((member) => [...prefix, member]);
    const below = [...this.children].toSorted(([a], [b]) => elementOrder(a, b));
    return [...own, ...below.flatMap(([element, child]) => child.paths([...prefix, element]))];
  }

  toJson(): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const elements = new Set([...this.members, ...this.children.keys()]);
    for (const element of [...elements].toSorted(elementOrder)) {
      const child = this.children.get(element);
      const below = child === undefined || child.empty ? undefined : child.toJson();
      if (below === undefined) {
        if (this.members.has(element)) out[element] = {};
      } else out[element] = this.members.has(element) ? { '.': {}, ...below } : below;
    }
    return out;
  }

  static fromJson(json: unknown): FieldSet {
    const out = new FieldSet();
    for (const [element, below] of Object.entries((json ?? {}) as Record<string, any>)) {
      if (element === '.') continue;
      const keys = Object.keys(below ?? {});
      if (keys.length === 0 || keys.includes('.')) out.members.add(element);
      if (keys.some((key) => key !== '.')) out.children.set(element, FieldSet.fromJson(below));
    }
    return out;
  }
}

function mapChildren(
  set: FieldSet,
  map: (element: string, child: FieldSet) => FieldSet | undefined,
): [string, FieldSet][] {
  const out: [string, FieldSet][] = [];
  for (const [element, child] of set.children) {
    const mapped = map(element, child);
    if (mapped !== undefined && !mapped.empty) out.push([element, mapped]);
  }
  return out;
}

const kinds = 'fkvi';

function elementOrder(a: string, b: string): number {
  const order = kinds.indexOf(a[0]!) - kinds.indexOf(b[0]!);
  return order === 0 ? byteOrder(a, b) : order;
}

/** `.spec.containers[name="a"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('');
}

export function printElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k':
      return `[${Object.entries(JSON.parse(rest))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}
