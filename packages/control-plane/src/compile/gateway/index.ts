import type { Gateway, Server } from '@lateen/api/istio/gateway';
import type { Result } from '@lateen/kit';
import type { GatewayRules, GatewayServer } from '../../ir/gateway.ts';
import type { MeshSettings } from '../../ir/mesh.ts';
import { Compiling } from '../context.ts';

/** A Gateway as servers with full host names. */
export function compileGateway(object: Gateway, mesh: MeshSettings): Result<GatewayRules> {
  const to = new Compiling(object, mesh);
  const spec = object.spec ?? {};
  const value: GatewayRules = {
    name: to.origin.name,
    namespace: to.origin.namespace,
    created: to.created,
    selector: spec.selector ?? {},
    servers: (spec.servers ?? []).map((server, index) => compileServer(server, `spec.servers[${index}]`, to)),
    origin: to.origin,
  };
  return { value, problems: to.problems };
}

const protocols = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTPS', 'TLS', 'TCP', 'MONGO']);

function compileServer(server: Server, path: string, to: Compiling): GatewayServer {
  const protocol = (server.port?.protocol ?? '').toUpperCase();
  if (!protocols.has(protocol)) {
    to.problem(
      'InvalidProtocol',
      `${path}.port.protocol`,
      `"${server.port?.protocol}" must be one of ${[...protocols].join(', ')}`,
    );
  }
  return {
    port: server.port?.number ?? 0,
    portName: server.port?.name ?? '',
    protocol: (protocols.has(protocol) ? protocol.replace('-', '_') : 'TCP') as GatewayServer['protocol'],
    bind: server.bind || undefined,
    hosts: (server.hosts ?? []).map((host) => serverHost(host, to.origin.namespace)),
    tls: server.tls && {
      mode: server.tls.mode ?? 'PASSTHROUGH',
      httpsRedirect: server.tls.httpsRedirect === true,
    },
    origin: to.at(path),
  };
}

function serverHost(text: string, namespace: string): { namespace: string; host: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: '*', host: text };
  const scope = text.slice(0, slash);
  return { namespace: scope === '.' ? namespace : scope, host: text.slice(slash + 1) };
}
