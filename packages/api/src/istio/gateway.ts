import type { IstioObject } from './common.ts';

export interface GatewaySpec {
  servers?: Server[];
  selector?: Record<string, string>;
}

export type Gateway = IstioObject<GatewaySpec>;

export interface Port {
  number?: number;
  protocol?: string;
  name?: string;
  targetPort?: number;
}

export interface Server {
  port?: Port;
  bind?: string;
  hosts?: string[];
  tls?: ServerTlsSettings;
  defaultEndpoint?: string;
  name?: string;
}

export interface ServerTlsSettings {
  httpsRedirect?: boolean;
  mode?: 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'AUTO_PASSTHROUGH' | 'ISTIO_MUTUAL' | 'OPTIONAL_MUTUAL';
  serverCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  caCrl?: string;
  credentialName?: string;
  credentialNames?: string[];
  caCertCredentialName?: string;
  tlsCertificates?: { serverCertificate?: string; privateKey?: string; caCertificates?: string }[];
  subjectAltNames?: string[];
  verifyCertificateSpki?: string[];
  verifyCertificateHash?: string[];
  minProtocolVersion?: string;
  maxProtocolVersion?: string;
  cipherSuites?: string[];
  insecureSkipVerify?: boolean;
}
