import { readClientHello } from './client-hello.ts';
import { readProxyProtocol } from './proxy-protocol.ts';

/** What listener filters find out about a connection, besides the bytes they leave. */
export interface Inspection {
  serverName: string;
  transportProtocol: 'raw_buffer' | 'tls';
  applicationProtocols: readonly string[];
  /** Told by PROXY protocol. */
  remote?: { readonly address: string; readonly port: number };
  local?: { readonly address: string; readonly port: number };
}

/** `more` asks for further bytes; `reject` closes the connection; `done` says how many bytes were consumed. */
export type InspectorStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'reject'; readonly stat: string }
  | { readonly kind: 'done'; readonly consumed: number };

/** Looks at the first bytes of a connection. */
export type Inspector = (bytes: Buffer, inspection: Inspection, ended: boolean) => InspectorStep;

const done = (consumed = 0): InspectorStep => ({ kind: 'done', consumed });
const more: InspectorStep = { kind: 'more' };

/** Finds TLS by its ClientHello, with server name and ALPN. */
export const tlsInspector: Inspector = (bytes, inspection, ended) => {
  const hello = readClientHello(bytes);
  if (hello === 'more') return ended ? done() : more;
  if (hello !== 'none') {
    inspection.transportProtocol = 'tls';
    inspection.serverName = hello.serverName;
    inspection.applicationProtocols = hello.protocols;
  }
  return done();
};

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const requestLine = /^([A-Za-z-]{1,20}) [^\r\n]* HTTP\/(1\.[01])\r?\n/;

/** Finds HTTP by its request line or preface; TLS is left alone. */
export const httpInspector: Inspector = (bytes, inspection, ended) => {
  if (inspection.transportProtocol === 'tls') return done();
  const head = bytes.subarray(0, preface.length);
  if (head.equals(preface.subarray(0, head.length))) {
    if (head.length < preface.length && !ended) return more;
    if (head.length === preface.length) inspection.applicationProtocols = ['h2c'];
    return done();
  }
  const match = requestLine.exec(bytes.toString('latin1', 0, 8192));
  if (match) inspection.applicationProtocols = [match[2] === '1.0' ? 'http/1.0' : 'http/1.1'];
  else if (!ended && bytes.length < 8192 && /^[A-Za-z-]{1,20}( [^\r\n]*)?$/.test(bytes.toString('latin1')))
    return more;
  return done();
};

/** Reads a PROXY protocol header, version 1 or 2, and takes the addresses from it. */
export function proxyProtocolInspector(optional: boolean): Inspector {
  return (bytes, inspection, ended) => {
    const header = readProxyProtocol(bytes);
    if (header === 'more') return ended ? { kind: 'reject', stat: 'downstream_cx_proxy_proto_error' } : more;
    if (header === 'invalid')
      return optional ? done() : { kind: 'reject', stat: 'downstream_cx_proxy_proto_error' };
    if (header.remote) inspection.remote = header.remote;
    if (header.local) inspection.local = header.local;
    return done(header.length);
  };
}
