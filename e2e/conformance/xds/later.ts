import type { KubeObject } from '@lateen/kube/types';

const laterKinds: Readonly<Record<string, string>> = {
  PeerAuthentication: 'mutual TLS modes',
  AuthorizationPolicy: 'authorization',
  RequestAuthentication: 'authentication of requests',
  Telemetry: 'Telemetry',
  EnvoyFilter: 'EnvoyFilter',
  WasmPlugin: 'WebAssembly',
  TrafficExtension: 'WebAssembly',
  ProxyConfig: 'ProxyConfig',
  HTTPRoute: 'Gateway API',
  GRPCRoute: 'Gateway API',
  TCPRoute: 'Gateway API',
  TLSRoute: 'Gateway API',
  Ingress: 'Ingress',
};

const tlsModes = new Set([
  'SIMPLE',
  'MUTUAL',
  'ISTIO_MUTUAL',
  'OPTIONAL_MUTUAL',
  'PASSTHROUGH',
  'AUTO_PASSTHROUGH',
]);

/** What of a scenario's input the control plane does not make yet; undefined when it makes all of it. */
export function reasonToSkip(objects: readonly KubeObject[]): string | undefined {
  for (const object of objects) {
    const kind = laterKinds[object.kind];
    if (kind) return `${kind} (${object.kind}) is not generated yet`;
    if (object.kind === 'Gateway' && !object.apiVersion.startsWith('networking.istio.io/'))
      return 'Gateway API is not generated yet';
    if (
      object.kind === 'Gateway' &&
      (object.spec?.servers ?? []).some(
        (server: any) => tlsModes.has(server.tls?.mode) || server.tls?.httpsRedirect,
      )
    ) {
      return 'TLS at gateways is not generated yet';
    }
  }
  return undefined;
}
