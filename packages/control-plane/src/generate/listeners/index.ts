import type { Generating } from '../context.ts';
import { gatewayListeners } from './gateway.ts';
import { plainInboundListeners } from './inbound.ts';
import { outboundListeners } from './outbound.ts';
import type { Listener } from './parts.ts';
import { virtualInbound, virtualOutbound } from './virtual.ts';

/** All listeners of a proxy, sorted by name. */
export function generateListeners(context: Generating): Listener[] {
  return listenersOf(context).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listenersOf(context: Generating): Listener[] {
  if (context.scope.node.type === 'router') return gatewayListeners(context);
  const outbound = outboundListeners(context);
  if (context.plain) return [...outbound, ...plainInboundListeners(context)];
  return [...outbound, virtualOutbound(context), virtualInbound(context)];
}

/** The names of the route configurations that listeners refer to. */
export function routeNames(listeners: readonly Listener[]): string[] {
  const names = new Set<string>();
  for (const listener of listeners) {
    const chains = [
      ...(listener.filterChains ?? []),
      ...(listener.defaultFilterChain ? [listener.defaultFilterChain] : []),
    ];
    for (const chain of chains) {
      for (const filter of chain.filters)
        if (filter.typedConfig?.rds) names.add(filter.typedConfig.rds.routeConfigName);
    }
  }
  return [...names].sort();
}
