import type { MeshSettings } from '../ir/mesh.ts';
import type { Endpoint } from '../ir/service.ts';
import { type Json, typed } from './context.ts';

const secretSource: Json = {
  apiConfigSource: {
    apiType: 'GRPC',
    grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
    setNodeOnFirstMessageOnly: true,
    transportApiVersion: 'V3',
  },
  resourceApiVersion: 'V3',
};

/** A secret that the agent beside the proxy serves; the proxy waits for the mesh's own ones. */
export function secret(name: string, wait = true): Json {
  return { name, sdsConfig: wait ? { ...secretSource, initialFetchTimeout: '0s' } : secretSource };
}

export const rawBuffer: Json = {
  name: 'envoy.transport_sockets.raw_buffer',
  typedConfig: typed('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
};

export function spiffe(mesh: MeshSettings, namespace: string, serviceAccount: string): string {
  return `spiffe://${mesh.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Identities that may answer for these endpoints, sorted. */
export function identities(mesh: MeshSettings, endpoints: readonly Endpoint[]): string[] {
  const names = new Set<string>();
  for (const endpoint of endpoints) {
    if (endpoint.serviceAccount) names.add(spiffe(mesh, endpoint.namespace, endpoint.serviceAccount));
  }
  return [...names].sort();
}

/** Mutual TLS of the mesh towards a workload. */
export function meshUpstreamTls(sni: string, alpn: readonly string[], names: readonly string[]): Json {
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: typed('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      commonTlsContext: {
        alpnProtocols: alpn,
        combinedValidationContext: {
          defaultValidationContext:
            names.length > 0 ? { matchSubjectAltNames: names.map((exact) => ({ exact })) } : {},
          validationContextSdsSecretConfig: secret('ROOTCA'),
        },
        tlsCertificateSdsSecretConfigs: [secret('default')],
        tlsParams: { tlsMaximumProtocolVersion: 'TLSv1_3', tlsMinimumProtocolVersion: 'TLSv1_2' },
      },
      sni,
    }),
  };
}

const ciphers = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

/** Mutual TLS of the mesh as a workload's proxy accepts it. */
export function meshDownstreamTls(mesh: MeshSettings, alpn: readonly string[]): Json {
  const domains = [mesh.trustDomain, ...mesh.trustDomainAliases];
  return {
    name: 'envoy.transport_sockets.tls',
    typedConfig: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      commonTlsContext: {
        alpnProtocols: alpn,
        combinedValidationContext: {
          defaultValidationContext: {
            matchSubjectAltNames: domains.map((domain) => ({ prefix: `spiffe://${domain}/` })),
          },
          validationContextSdsSecretConfig: secret('ROOTCA'),
        },
        tlsCertificateSdsSecretConfigs: [secret('default')],
        tlsParams: {
          cipherSuites: ciphers,
          tlsMaximumProtocolVersion: 'TLSv1_3',
          tlsMinimumProtocolVersion: mesh.minimumTls === 'TLSV1_3' ? 'TLSv1_3' : 'TLSv1_2',
        },
      },
      requireClientCertificate: true,
    }),
  };
}
