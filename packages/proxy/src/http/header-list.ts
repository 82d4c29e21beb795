import type { Direction } from './codec/names.ts';
import type { HeaderView } from './types.ts';

/**
 * Headers in order, as one flat array of lower-case names and values in turn. Looking up walks the array:
 * with the two dozen headers of real traffic that beats any map, and adding costs nothing.
 */
export class HeaderList {
  /** Whose headers these are; some names are joined in one direction only. */
  readonly direction: Direction = 'request';
  readonly list: string[] = [];
  private cases: Map<string, string> | undefined;

  /** First value of the name. */
  first(name: string): string | undefined {
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return undefined;
  }

  /** All values of the name joined by `,`. */
  get(name: string): string | undefined {
    const list = this.list;
    let value: string | undefined;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name) value = value === undefined ? list[i + 1] : `${value},${list[i + 1]}`;
    }
    return value;
  }

  /** Whether `test` holds for any of the values; undefined when the name is absent. */
  someValue(name: string, test: (value: string) => boolean): boolean | undefined {
    const list = this.list;
    let found: boolean | undefined;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      if (test(list[i + 1]!)) return true;
      found = false;
    }
    return found;
  }

  has(name: string): boolean {
    return this.first(name) !== undefined;
  }

  values(name: string): string[] {
    const found: string[] = [];
    for (let i = 0; i < this.list.length; i += 2) if (this.list[i] === name) found.push(this.list[i + 1]!);
    return found;
  }

  /** Adds a field, whether or not the name is there already. */
  add(name: string, value: string): void {
    this.list.push(name, value);
  }

  /** Leaves exactly one field of that name. */
  set(name: string, value: string): void {
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      list[i + 1] = value;
      this.removeFrom(name, i + 2);
      return;
    }
    list.push(name, value);
  }

  /** Appends to the first field of that name, with a comma unless told otherwise, or adds it. */
  join(name: string, value: string, separator = ','): void {
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      list[i + 1] = list[i + 1] === '' ? value : list[i + 1] + separator + value;
      return;
    }
    list.push(name, value);
  }

  /** Returns whether there was one. */
  remove(name: string): boolean {
    return this.removeFrom(name, 0);
  }

  private removeFrom(name: string, from: number): boolean {
    const list = this.list;
    let found = from;
    while (found < list.length && list[found] !== name) found += 2;
    if (found >= list.length) return false;
    let kept = found;
    for (let i = found + 2; i < list.length; i += 2) {
      if (list[i] === name) continue;
      list[kept] = list[i]!;
      list[kept + 1] = list[i + 1]!;
      kept += 2;
    }
    list.length = kept;
    return true;
  }

  removeIf(test: (name: string, value: string) => boolean): void {
    const list = this.list;
    let kept = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (test(list[i]!, list[i + 1]!)) continue;
      list[kept] = list[i]!;
      list[kept + 1] = list[i + 1]!;
      kept += 2;
    }
    list.length = kept;
  }

  get count(): number {
    return this.list.length / 2;
  }

  get listSize(): number {
    let size = 0;
    for (const part of this.list) size += part.length;
    return size;
  }

  rememberCase(name: string, original: string): void {
    if (this.cases === undefined) this.cases = new Map();
    if (!this.cases.has(name)) this.cases.set(name, original);
  }

  /** The names' case as it came, for connections that preserve it. */
  get originalCase(): ReadonlyMap<string, string> | undefined {
    return this.cases;
  }

  protected copyInto(target: HeaderList): void {
    for (const part of this.list) target.list.push(part);
    target.cases = this.cases;
  }
}

export class RequestHeaders extends HeaderList implements HeaderView {
  method = 'GET';
  /** `:path`; undefined for CONNECT. */
  path: string | undefined = undefined;
  authority: string | undefined = undefined;
  scheme = 'http';

  override get(name: string): string | undefined {
    return name.charCodeAt(0) === 58 || name === 'host' ? this.pseudo(name) : super.get(name);
  }

  override first(name: string): string | undefined {
    return name.charCodeAt(0) === 58 || name === 'host' ? this.pseudo(name) : super.first(name);
  }

  override someValue(name: string, test: (value: string) => boolean): boolean | undefined {
    if (name.charCodeAt(0) !== 58 && name !== 'host') return super.someValue(name, test);
    const value = this.pseudo(name);
    return value === undefined ? undefined : test(value);
  }

  private pseudo(name: string): string | undefined {
    switch (name) {
      case ':path':
        return this.path;
      case ':method':
        return this.method;
      case ':authority':
      case 'host':
        return this.authority;
      case ':scheme':
        return this.scheme;
      default:
        return undefined;
    }
  }

  get byteSize(): number {
    return (
      this.listSize +
      7 +
      this.method.length +
      5 +
      (this.path?.length ?? 0) +
      10 +
      (this.authority?.length ?? 0) +
      7 +
      this.scheme.length
    );
  }

  copy(): RequestHeaders {
    const copy = new RequestHeaders();
    copy.method = this.method;
    copy.path = this.path;
    copy.authority = this.authority;
    copy.scheme = this.scheme;
    this.copyInto(copy);
    return copy;
  }
}

export class ResponseHeaders extends HeaderList implements HeaderView {
  override readonly direction: Direction = 'response';
  status: number;

  constructor(status: number) {
    super();
    this.status = status;
  }

  override get(name: string): string | undefined {
    return name === ':status' ? String(this.status) : super.get(name);
  }

  override first(name: string): string | undefined {
    return name === ':status' ? String(this.status) : super.first(name);
  }

  get byteSize(): number {
    return this.listSize + 10;
  }
}

export class TrailerList extends HeaderList implements HeaderView {
  get byteSize(): number {
    return this.listSize;
  }
}
