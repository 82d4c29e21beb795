import type { Protocol } from '../ir/service.ts';

const byName: Readonly<Record<string, Protocol>> = {
  tcp: 'TCP',
  udp: 'UDP',
  grpc: 'GRPC',
  'grpc-web': 'GRPC_WEB',
  http: 'HTTP',
  http2: 'HTTP2',
  https: 'HTTPS',
  tls: 'TLS',
  mongo: 'MONGO',
  mysql: 'MYSQL',
  redis: 'REDIS',
};

const byAppProtocol: Readonly<Record<string, Protocol>> = {
  ...byName,
  'kubernetes.io/h2c': 'HTTP2',
  'kubernetes.io/ws': 'HTTP',
  'kubernetes.io/wss': 'HTTPS',
};

/** Ports whose protocols have the server speak first, so that waiting for the client's bytes would hang. */
const serverFirst = new Set([25, 53, 3306, 27017]);

/** A protocol by the name that ServiceEntry, Gateway and Sidecar ports carry. */
export function parseProtocol(name: string | undefined): Protocol {
  return byName[(name ?? '').toLowerCase()] ?? 'UNSUPPORTED';
}

/** The protocol of a Service's port: `appProtocol`, then the name (`http`, `http-web`), then well-known numbers. */
export function protocolOf(port: {
  name?: string;
  port: number;
  protocol?: string;
  appProtocol?: string;
}): Protocol {
  if (port.protocol === 'UDP') return 'UDP';
  if (port.protocol === 'SCTP') return 'TCP';
  const declared = byAppProtocol[(port.appProtocol ?? '').toLowerCase()];
  if (declared) return declared;
  const name = (port.name ?? '').toLowerCase();
  if (name === 'grpc-web' || name.startsWith('grpc-web-')) return 'GRPC_WEB';
  const found = byName[name.split('-')[0]!];
  if (found) return found;
  return serverFirst.has(port.port) ? 'TCP' : 'UNSUPPORTED';
}
