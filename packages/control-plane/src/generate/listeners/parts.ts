import { defined, duration, type Generating, type Json, socketAddress, typed } from '../context.ts';

export type Listener = Json & { '@type': string };

export function listener(name: string, fields: Json): Listener {
  return typed('envoy.config.listener.v3.Listener', { name, ...defined(fields) });
}

/** How long a client may take to say its protocol. */
export const handshake: Json = { transportSocketConnectTimeout: '15s' };

export const httpInspector: Json = {
  name: 'envoy.filters.listener.http_inspector',
  typedConfig: typed('envoy.extensions.filters.listener.http_inspector.v3.HttpInspector'),
};

export const tlsInspector: Json = {
  name: 'envoy.filters.listener.tls_inspector',
  typedConfig: typed('envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'),
};

/** The same, with a small buffer at first: most client hellos fit. */
export const serverNameInspector: Json = {
  ...tlsInspector,
  typedConfig: { ...tlsInspector.typedConfig, initialReadBufferSize: 512 },
};

export const originalDst: Json = {
  name: 'envoy.filters.listener.original_dst',
  typedConfig: typed('envoy.extensions.filters.listener.original_dst.v3.OriginalDst'),
};

/**
 * The fields of a listener that takes what the workload sends. Where packets are redirected it owns no socket; otherwise it
 * stands on the address itself, and `transparent` lets the connection's own local address count as where it was sent.
 */
export function outboundSocket(context: Generating, address: string, port: number, inspects: boolean): Json {
  const common = {
    address: socketAddress(address, port),
    continueOnListenerFiltersTimeout: true,
    listenerFiltersTimeout: duration(inspects ? context.scope.mesh.protocolDetectionTimeout : 0),
    trafficDirection: 'OUTBOUND',
  };
  return context.plain
    ? { ...common, bindToPort: true, transparent: true }
    : { ...common, bindToPort: false };
}

/** A listener's filters, with the one that tells where connections were sent where that is not the redirecting one's work. */
export function listenerFilters(context: Generating, ...filters: Json[]): Json[] | undefined {
  const all = context.plain ? [originalDst, ...filters] : filters;
  return all.length > 0 ? all : undefined;
}
