import type { DestinationPolicy, TrafficPolicy } from '../ir/destination.ts';

const none: TrafficPolicy = { ports: new Map() };

/**
 * What holds for one port of a host or of one of its subsets. A part of the subset's policy takes the whole place of the
 * host's part, and a port's own settings take that of both.
 */
export function effectivePolicy(
  policy: DestinationPolicy | undefined,
  subset: string,
  port: number,
): TrafficPolicy {
  const base = forPort(policy?.policy ?? none, port);
  const own = policy?.subsets.find((entry) => entry.name === subset)?.policy;
  if (!own) return base;
  const merged = overlay(base, own);
  const special = own.ports.get(port);
  return special ? { ...special, proxyProtocol: merged.proxyProtocol } : merged;
}

function overlay(base: TrafficPolicy, own: TrafficPolicy): TrafficPolicy {
  return {
    balancing: own.balancing ?? base.balancing,
    pool: own.pool ?? base.pool,
    outliers: own.outliers ?? base.outliers,
    tls: own.tls ?? base.tls,
    proxyProtocol: own.proxyProtocol ?? base.proxyProtocol,
    ports: base.ports,
  };
}

/** A port's settings replace the host's altogether: what they leave out is the default, not the host's. */
function forPort(policy: TrafficPolicy, port: number): TrafficPolicy {
  const special = policy.ports.get(port);
  return special ? { ...special, proxyProtocol: policy.proxyProtocol } : policy;
}
