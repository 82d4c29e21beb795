import { type Clock, formatProblem, type Log } from '@lateen/kit';
import type { Update } from '@lateen/xds/ads/client';
import { validate } from '@lateen/xds/codec';
import { typeUrls } from '@lateen/xds/type-urls';
import { type Assignment, readAssignment } from '../endpoints.ts';
import { NameList } from './name-list.ts';
import type { ResourceSource } from './source.ts';

interface Follower {
  readonly deliver: (assignment: Assignment) => void;
  readonly giveUp: () => void;
  cancel: () => void;
}

/** EDS: the assignments that clusters ask for by service name. */
export class EndpointSubscriptions {
  private readonly followers = new Map<string, Set<Follower>>();
  private readonly latest = new Map<string, Assignment>();
  private readonly names: NameList;
  private readonly clock: Clock;

  constructor(source: ResourceSource, environment: { readonly clock: Clock; readonly log: Log }) {
    this.clock = environment.clock;
    this.names = new NameList(source, typeUrls.endpoint, (update) => this.apply(update));
  }

  add(
    service: string,
    deliver: (assignment: Assignment) => void,
    giveUp: () => void,
    timeout: number,
  ): () => void {
    const follower: Follower = { deliver, giveUp, cancel: () => {} };
    const set = this.followers.get(service) ?? new Set();
    set.add(follower);
    this.followers.set(service, set);
    this.names.set(this.followers.keys());
    if (timeout > 0) follower.cancel = this.clock.after(timeout, giveUp);
    // A cluster that replaces another one need not wait for what is known already.
    const known = this.latest.get(service);
    if (known) queueMicrotask(() => set.has(follower) && this.hand(follower, known));
    return () => this.remove(service, follower);
  }

  private hand(follower: Follower, assignment: Assignment): void {
    follower.cancel();
    follower.deliver(assignment);
  }

  private remove(service: string, follower: Follower): void {
    follower.cancel();
    const set = this.followers.get(service);
    set?.delete(follower);
    if (set?.size !== 0) return;
    this.followers.delete(service);
    this.latest.delete(service);
    this.names.set(this.followers.keys());
  }

  private apply(update: Update): string | undefined {
    const refused: string[] = [];
    for (const { name, message } of update.resources) {
      const read = readAssignment(message, '', false);
      const problems = [...validate(message), ...read.problems.list];
      if (problems.length > 0) refused.push(`${name}: ${problems.map(formatProblem).join('; ')}`);
      else {
        this.latest.set(name, read.value);
        for (const follower of this.followers.get(name) ?? []) this.hand(follower, read.value);
      }
    }
    return refused.length > 0 ? refused.join('\n') : undefined;
  }

  close(): void {
    for (const set of this.followers.values()) for (const follower of set) follower.cancel();
    this.followers.clear();
  }
}
