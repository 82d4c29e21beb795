import type { ClientTls, TrafficPolicy } from '../../ir/destination.ts';
import { isHttp } from '../../ir/service.ts';
import { defined, type Generating, type Json, typed } from '../context.ts';
import { serverName } from '../names.ts';
import { identities, meshUpstreamTls, rawBuffer, secret } from '../tls.ts';
import { isOriginalDestination } from './lookup.ts';
import { speaksHttp2 } from './protocol.ts';
import { endpointsOf, type Target } from './target.ts';

/** Mutual TLS to those endpoints that speak it, plain text to others, unless a policy says what to do. */
export function upstreamTls(context: Generating, target: Target, policy: TrafficPolicy): Json {
  const { mesh } = context.scope;
  if (context.plain) return {};
  if (policy.tls && policy.tls.mode !== 'ISTIO_MUTUAL')
    return originated(context, target, policy.tls, policy);
  if (!policy.tls && (!mesh.autoMtls || target.service.external)) return {};
  const socket = meshSocket(context, target, policy);
  if (policy.tls) return { transportSocket: socket };
  if (isOriginalDestination(context, target, policy)) {
    const endpoints = endpointsOf(context, target);
    return endpoints.length > 0 && endpoints.every((endpoint) => endpoint.tls)
      ? { transportSocket: socket }
      : {};
  }
  return {
    transportSocketMatches: [
      { match: { tlsMode: 'istio' }, name: 'tlsMode-istio', transportSocket: socket },
      { match: {}, name: 'tlsMode-disabled', transportSocket: rawBuffer },
    ],
  };
}

function meshSocket(context: Generating, { service, port, subset }: Target, policy: TrafficPolicy): Json {
  const { mesh } = context.scope;
  const http2 = speaksHttp2(port, policy.pool, mesh.h2Upgrade);
  const alpn = http2 ? ['istio-peer-exchange', 'istio', 'h2'] : ['istio-peer-exchange', 'istio'];
  const endpoints = context.scope
    .endpointsOf(service.host)
    .filter((endpoint) => endpoint.portName === port.name);
  const own = policy.tls?.subjectAltNames ?? [];
  const names = own.length > 0 ? [...own] : (service.subjectAltNames?.slice() ?? identities(mesh, endpoints));
  return meshUpstreamTls(
    policy.tls?.sni ?? serverName(port.number, subset?.name ?? '', service.host),
    alpn,
    names,
  );
}

/** TLS as the policy describes it, with certificates from files or secrets. */
function originated(context: Generating, { port }: Target, tls: ClientTls, policy: TrafficPolicy): Json {
  if (tls.mode === 'DISABLE') return {};
  const http2 = speaksHttp2(port, policy.pool, context.scope.mesh.h2Upgrade);
  const names = tls.subjectAltNames.map((exact) => ({ exact }));
  const validation = tls.insecureSkipVerify
    ? { validationContext: { trustChainVerification: 'ACCEPT_UNTRUSTED' } }
    : {
        combinedValidationContext: {
          defaultValidationContext: names.length > 0 ? { matchSubjectAltNames: names } : {},
          validationContextSdsSecretConfig: secret(authority(tls), false),
        },
      };
  const common = defined({
    alpnProtocols: http2 && isHttp(port.protocol) ? ['h2'] : undefined,
    ...validation,
    tlsCertificateSdsSecretConfigs: tls.mode === 'MUTUAL' ? [secret(certificate(tls), false)] : undefined,
    tlsParams: { tlsMaximumProtocolVersion: 'TLSv1_3', tlsMinimumProtocolVersion: 'TLSv1_2' },
  });
  return {
    transportSocket: {
      name: 'envoy.transport_sockets.tls',
      typedConfig: typed('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
        commonTlsContext: common,
        sni: tls.sni,
      }),
    },
  };
}

function authority(tls: ClientTls): string {
  if (tls.credentialName) return `kubernetes://${tls.credentialName}-cacert`;
  return `file-root:${tls.caCertificates ?? 'system'}`;
}

function certificate(tls: ClientTls): string {
  if (tls.credentialName) return `kubernetes://${tls.credentialName}`;
  return `file-cert:${tls.clientCertificate}~${tls.privateKey}`;
}

/** Without a server name of its own, TLS takes the request's host for it and for what the certificate must say. */
export function autoServerName(tls: ClientTls | undefined): Json | undefined {
  if (!tls || tls.sni || (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL')) return undefined;
  return tls.subjectAltNames.length > 0 ? { autoSni: true } : { autoSanValidation: true, autoSni: true };
}
