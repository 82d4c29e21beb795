import type { Update } from '@lateen/xds/ads/client';
import type { ResourceSource } from './source.ts';

/** One subscription by names; changes of the list within one turn go out as one request. */
export class NameList {
  private readonly subscription: { setNames(names: Iterable<string>): void };
  private next: readonly string[] = [];
  private scheduled = false;

  constructor(source: ResourceSource, typeUrl: string, onUpdate: (update: Update) => string | undefined) {
    this.subscription = source.subscribe(typeUrl, { names: [], initialFetchTimeout: 0, onUpdate });
  }

  set(names: Iterable<string>): void {
    this.next = [...names];
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.subscription.setNames(this.next);
    });
  }
}
