import type { Clock } from '@lateen/kit';
import type { Random } from '../http/types.ts';
import { type HostOptions, UpstreamHost } from './host.ts';

/** A host for tests; its hash key is its name. */
export function testHost(name: string, options: Partial<HostOptions> = {}): UpstreamHost {
  return new UpstreamHost({
    address: '127.0.0.1',
    port: Number(/\d+$/.exec(name)?.[0] ?? 1),
    hostname: name,
    weight: 1,
    priority: 0,
    locality: { region: '', zone: '', subZone: '' },
    metadata: { 'envoy.lb': { hash_key: name } },
    healthStatus: 'UNKNOWN',
    healthCheckPort: undefined,
    healthCheckHost: '',
    ...options,
  });
}

/** Draws the given numbers in turn, then zeros. */
export function scriptedRandom(numbers: readonly number[] = []): Random {
  const rest = [...numbers];
  return { next: () => rest.shift() ?? 0, uuid: () => '00000000-0000-4000-8000-000000000000' };
}

/** A clock that stands still until it is told to move. */
export class TestClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due);
      this.time = due.at;
      due.callback();
    }
    this.time = end;
  }
}
