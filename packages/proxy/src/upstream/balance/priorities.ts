import type { HostSet } from '../host-set.ts';

export interface LoadOptions {
  /** Percent; 140 means that seven tenths of the hosts still take the whole load. */
  readonly overprovisioning: number;
  /** Percent of available hosts below which health is ignored. */
  readonly panicThreshold: number;
}

/** How much of the traffic each priority gets, and which of them ignore health. Loads sum up to 100. */
export interface PriorityLoads {
  readonly healthy: readonly number[];
  readonly degraded: readonly number[];
  readonly panic: readonly boolean[];
}

export function computeLoads(sets: readonly HostSet[], options: LoadOptions): PriorityLoads {
  const health = sets.map((set) => availability(set, set.healthy.length, options));
  const degradation = sets.map((set) => availability(set, set.degraded.length, options));
  const total = Math.min(100, sum(health) + sum(degradation));
  if (total === 0 && options.panicThreshold === 0) {
    return {
      healthy: sets.map((_, i) => (i === 0 ? 100 : 0)),
      degraded: sets.map(() => 0),
      panic: sets.map(() => false),
    };
  }
  const panic = sets.map((set) => total < 100 && inPanic(set, options));
  if (panic.every(Boolean)) return { healthy: loadsInTotalPanic(sets), degraded: sets.map(() => 0), panic };
  return { ...distribute(health, degradation, total), panic };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function availability(set: HostSet, available: number, options: LoadOptions): number {
  const counted = set.all.length - set.excluded;
  return counted > 0 ? Math.min(100, Math.floor((options.overprovisioning * available) / counted)) : 0;
}

function inPanic(set: HostSet, options: LoadOptions): boolean {
  const counted = set.all.length - set.excluded;
  const percent = counted === 0 ? 0 : (100 * (set.healthy.length + set.degraded.length)) / counted;
  return percent < options.panicThreshold;
}

function loadsInTotalPanic(sets: readonly HostSet[]): number[] {
  const hosts = sum(sets.map((set) => set.all.length));
  if (hosts === 0) return sets.map((_, i) => (i === 0 ? 100 : 0));
  const loads = sets.map((set) => Math.floor((100 * set.all.length) / hosts));
  const first = sets.findIndex((set) => set.all.length > 0);
  loads[first]! += 100 - sum(loads);
  return loads;
}

function distribute(health: readonly number[], degradation: readonly number[], total: number) {
  let left = 100;
  const share = (available: number) => {
    const load = Math.min(left, Math.floor((available * 100) / total));
    left -= load;
    return load;
  };
  const healthy = health.map(share);
  const degraded = degradation.map(share);
  const firstHealthy = health.findIndex((value) => value > 0);
  if (firstHealthy >= 0) healthy[firstHealthy]! += left;
  else degraded[degradation.findIndex((value) => value > 0)]! += left;
  return { healthy, degraded };
}

/** The priority that `draw` (a whole number) falls into. */
export function choosePriority(
  loads: PriorityLoads,
  draw: number,
): { readonly priority: number; readonly degraded: boolean } {
  const wanted = (draw % 100) + 1;
  let seen = 0;
  for (const [priority, load] of loads.healthy.entries()) {
    seen += load;
    if (wanted <= seen) return { priority, degraded: false };
  }
  for (const [priority, load] of loads.degraded.entries()) {
    seen += load;
    if (wanted <= seen) return { priority, degraded: true };
  }
  return { priority: 0, degraded: false };
}
