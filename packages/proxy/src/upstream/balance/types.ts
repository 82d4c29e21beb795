import type { UpstreamHost } from '../host.ts';
import type { HostSet } from '../host-set.ts';
import type { LoadBalancerContext } from '../types.ts';

/** Chooses among the hosts of the last picture it was given. */
export interface Balancer {
  update(sets: readonly HostSet[]): void;
  /** `attempt` counts from 0 while hosts are rejected by the caller's predicate. */
  choose(context: LoadBalancerContext, attempt: number): UpstreamHost | undefined;
}

/** Chooses within one list of hosts that priorities and localities have led to. */
export interface Picker {
  /** `source` names the list across updates; `hosts` is never empty. */
  prepare(source: string, hosts: readonly UpstreamHost[]): void;
  pick(
    source: string,
    hosts: readonly UpstreamHost[],
    context: LoadBalancerContext,
  ): UpstreamHost | undefined;
  /** Forgets lists that no longer exist. */
  retain(sources: ReadonlySet<string>): void;
}
