import { type Clock, formatProblem } from '@lateen/kit';
import type { Update } from '@lateen/xds/ads/client';
import { validate } from '@lateen/xds/codec';
import { typeUrls } from '@lateen/xds/type-urls';
import { NameList } from './name-list.ts';
import type { ResourceSource } from './source.ts';
import type { DynamicTarget } from './target.ts';

/** RDS: the route configurations that listeners ask for by name. */
export class RouteSubscriptions {
  private readonly waiting = new Map<string, () => void>();
  private readonly names: NameList;
  private readonly clock: Clock;
  private readonly target: DynamicTarget;

  constructor(
    source: ResourceSource,
    environment: { readonly clock: Clock; readonly target: DynamicTarget },
  ) {
    this.clock = environment.clock;
    this.target = environment.target;
    this.names = new NameList(source, typeUrls.route, (update) => this.apply(update));
  }

  add(name: string, giveUp: () => void, timeout: number): () => void {
    const cancel = timeout > 0 ? this.clock.after(timeout, giveUp) : () => {};
    this.waiting.set(name, cancel);
    this.names.set(this.waiting.keys());
    return () => {
      cancel();
      this.waiting.delete(name);
      this.names.set(this.waiting.keys());
    };
  }

  private apply(update: Update): string | undefined {
    const refused: string[] = [];
    for (const { name, version, message } of update.resources) {
      if (!this.waiting.has(name)) continue;
      const invalid = validate(message);
      const problems = invalid.length > 0 ? invalid : this.target.routes.update(message, version);
      if (problems.length > 0) refused.push(`${name}: ${problems.map(formatProblem).join('; ')}`);
      else this.waiting.get(name)?.();
    }
    return refused.length > 0 ? refused.join('\n') : undefined;
  }

  close(): void {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
  }
}
