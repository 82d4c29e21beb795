interface Entry<T> {
  readonly item: T;
  readonly order: number;
  readonly deadline: number;
}

/** Earliest deadline first: each item comes up in proportion to its weight, evenly spread. */
export class EdfScheduler<T> {
  private readonly heap: Entry<T>[] = [];
  private now = 0;
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  add(weight: number, item: T): void {
    this.push({ item, order: this.order++, deadline: this.now + 1 / weight });
  }

  /** The next item; it is queued again with the weight that `weigh` gives it now. */
  next(weigh: (item: T) => number): T | undefined {
    const first = this.pop();
    if (!first) return undefined;
    this.now = first.deadline;
    this.add(weigh(first.item), first.item);
    return first.item;
  }

  private push(entry: Entry<T>): void {
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  private pop(): Entry<T> | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const child = left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!before(heap[child]!, heap[at]!)) break;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
    return first;
  }
}

const before = (a: Entry<unknown>, b: Entry<unknown>) =>
  a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
