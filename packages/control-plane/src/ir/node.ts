/** What a proxy is, read from its node. */
export interface ProxyNode {
  readonly id: string;
  readonly cluster: string;
  readonly type: 'sidecar' | 'router';
  readonly name: string;
  readonly namespace: string;
  /** Pod addresses; the first is the main one. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, any>>;
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string };
}

/**
 * No redirection of packets: listeners stand on the real addresses, and nothing that only Istio's Envoy knows is used. A
 * gateway is never redirected to; one without a certificate of its own is plain too.
 */
export function isPlain(node: ProxyNode): boolean {
  const { metadata, type } = node;
  return metadata.INTERCEPTION_MODE === 'NONE' || (type === 'router' && Boolean(metadata.LATEEN_NO_IDENTITY));
}
