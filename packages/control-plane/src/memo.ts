/** A function of a few arguments that keeps its last answer and gives it again while the arguments are the same objects. */
export function memoLast<A extends readonly unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { args: A; value: R } | undefined;
  return (...args) => {
    if (last && last.args.length === args.length && args.every((arg, index) => arg === last!.args[index]))
      return last.value;
    const value = compute(...args);
    last = { args, value };
    return value;
  };
}

/** A function of an object and a second argument, with the answers kept as long as the objects live. */
export function memoEach<K extends object, A, R>(compute: (key: K, arg: A) => R): (key: K, arg: A) => R {
  const known = new WeakMap<K, { arg: A; value: R }>();
  return (key, arg) => {
    const entry = known.get(key);
    if (entry && entry.arg === arg) return entry.value;
    const value = compute(key, arg);
    known.set(key, { arg, value });
    return value;
  };
}

/** Gives one object for all resources of a name that are equal, so that what is made from them can be kept by identity. */
export class Interned<T extends object> {
  private readonly known = new Map<string, { text: string; value: T }[]>();
  private readonly perName: number;

  constructor(perName = 32) {
    this.perName = perName;
  }

  same(name: string, value: T): T {
    const text = JSON.stringify(value);
    let list = this.known.get(name);
    if (!list) {
      list = [];
      this.known.set(name, list);
    }
    const found = list.find((entry) => entry.text === text);
    if (found) return found.value;
    list.push({ text, value });
    if (list.length > this.perName) list.shift();
    return value;
  }
}
