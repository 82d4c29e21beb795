import type { Result } from '@lateen/kit';
import type { ProxyNode } from './ir/node.ts';

/** The node of a discovery request. */
export interface NodeInput {
  readonly id: string;
  readonly cluster?: string;
  readonly metadata?: Record<string, any>;
  readonly locality?: { region?: string; zone?: string; subZone?: string };
}

/** Reads the node of a discovery request; one whose id is not `sidecar~IP~NAME.NAMESPACE~DOMAIN` or `router~…` is a problem. */
export function parseNode(input: NodeInput): Result<ProxyNode | undefined> {
  const [type, address = '', workload = '', domain] = input.id.split('~');
  if ((type !== 'sidecar' && type !== 'router') || domain === undefined) {
    const message = `node id "${input.id}" must have the form sidecar~IP~NAME.NAMESPACE~DOMAIN, or router~… for a gateway`;
    return {
      value: undefined,
      problems: [{ code: 'InvalidNode', severity: 'error', path: 'node.id', message }],
    };
  }
  const metadata = input.metadata ?? {};
  const dot = workload.lastIndexOf('.');
  const value: ProxyNode = {
    id: input.id,
    cluster: input.cluster ?? '',
    type,
    name: metadata.NAME ?? (dot > 0 ? workload.slice(0, dot) : workload),
    namespace: metadata.NAMESPACE ?? workload.slice(dot + 1),
    addresses: addressesOf(address, metadata.INSTANCE_IPS),
    labels: metadata.LABELS ?? {},
    metadata,
    locality: input.locality,
  };
  return { value, problems: [] };
}

function addressesOf(address: string, instances: unknown): string[] {
  const listed = typeof instances === 'string' ? instances.split(',').filter(Boolean) : [];
  return listed.length > 0 ? listed : [address].filter(Boolean);
}
