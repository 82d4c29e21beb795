import type { ServerTlsSettings } from '../gateway.ts';
import type { Check } from './check.ts';

const ciphers = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
  'ECDHE-PSK-AES128-CBC-SHA',
  'ECDHE-PSK-AES256-CBC-SHA',
  'PSK-AES128-CBC-SHA',
  'PSK-AES256-CBC-SHA',
]);

/** TLS as a server speaks it: where its certificates come from, by mode. */
export function checkServerTls(check: Check, tls: ServerTlsSettings | null | undefined, path: string): void {
  if (!tls) return;
  checkCiphers(check, tls.cipherSuites ?? [], `${path}.cipherSuites`);
  const mode = tls.mode ?? 'PASSTHROUGH';
  const files = Boolean(tls.serverCertificate || tls.privateKey || tls.caCertificates);
  const named = Boolean(tls.credentialName || tls.credentialNames?.length);
  if (mode === 'ISTIO_MUTUAL') {
    if (files || tls.tlsCertificates?.length)
      check.error(path, "ISTIO_MUTUAL cannot have associated certificates: it uses the mesh's own");
    if (named) check.error(`${path}.credentialName`, 'ISTIO_MUTUAL cannot have associated credentialName');
    return;
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    if (files || named || tls.caCrl || tls.tlsCertificates?.length)
      check.warning(path, `${mode} mode does not use certificates`);
    return;
  }
  if (tls.caCrl && (mode === 'SIMPLE' || tls.credentialName))
    check.error(`${path}.caCrl`, `CRL is not supported with ${mode} TLS`);
  checkSources(check, tls, path, mode);
}

function checkSources(check: Check, tls: ServerTlsSettings, path: string, mode: string): void {
  const mutual = mode !== 'SIMPLE';
  const fromSecret = tls.credentialName || tls.credentialNames?.length;
  const certificates = tls.tlsCertificates ?? [];
  const sources = [
    tls.credentialName,
    tls.credentialNames?.length,
    tls.serverCertificate,
    certificates.length,
  ].filter(Boolean).length;
  if (sources > 1) {
    check.error(
      path,
      'only one of credential_name, credential_names, server_certificate and tls_certificates can be set',
    );
    return;
  }
  if (fromSecret) return;
  if (certificates.length > 2)
    check.warning(`${path}.tlsCertificates`, `${mode} TLS can support up to 2 server certificates`);
  if (certificates.length > 0) {
    check.each(certificates, `${path}.tlsCertificates`, (entry, at) => {
      if (!entry.serverCertificate)
        check.error(`${at}.serverCertificate`, `${mode} TLS requires a server certificate`);
      if (!entry.privateKey) check.error(`${at}.privateKey`, `${mode} TLS requires a private key`);
    });
  } else {
    if (!tls.serverCertificate)
      check.error(`${path}.serverCertificate`, `${mode} TLS requires a server certificate`);
    if (!tls.privateKey) check.error(`${path}.privateKey`, `${mode} TLS requires a private key`);
  }
  if (mutual && !tls.caCertificates)
    check.error(`${path}.caCertificates`, `${mode} TLS requires a client CA bundle`);
}

function checkCiphers(check: Check, suites: readonly string[], path: string): void {
  const seen = new Set<string>();
  for (const [index, suite] of suites.entries()) {
    const known = ciphers.has(suite.replace(/^[-+!]/, '')) || suite === 'ALL' || suite.startsWith('@');
    if (!known) check.warning(`${path}[${index}]`, `ignoring unknown cipher suite ${suite}`);
    if (seen.has(suite)) check.warning(`${path}[${index}]`, `ignoring duplicate cipher suite ${suite}`);
    seen.add(suite);
  }
}
