import type { IstioEgressListener, IstioIngressListener, Sidecar } from '@lateen/api/istio/sidecar';
import type { Result } from '@lateen/kit';
import type { MeshSettings } from '../../ir/mesh.ts';
import type { SidecarEgress, SidecarIngress, SidecarRules } from '../../ir/sidecar.ts';
import { parseProtocol } from '../../registry/protocol.ts';
import { Compiling } from '../context.ts';
import { compilePool } from '../destination-rule/pool.ts';

/** A Sidecar as what a proxy listens on and may see. */
export function compileSidecar(object: Sidecar, mesh: MeshSettings): Result<SidecarRules> {
  const to = new Compiling(object, mesh);
  const spec = object.spec ?? {};
  const value: SidecarRules = {
    name: to.origin.name,
    namespace: to.origin.namespace,
    created: to.created,
    selector: spec.workloadSelector?.labels,
    egress: (spec.egress ?? []).map((listener, index) =>
      compileEgress(listener, `spec.egress[${index}]`, to),
    ),
    ingress: (spec.ingress ?? []).map((listener, index) =>
      compileIngress(listener, `spec.ingress[${index}]`, to),
    ),
    outbound: spec.outboundTrafficPolicy && (spec.outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY'),
    inboundPool:
      spec.inboundConnectionPool && compilePool(spec.inboundConnectionPool, 'spec.inboundConnectionPool', to),
    origin: to.origin,
  };
  return { value, problems: to.problems };
}

function compileEgress(listener: IstioEgressListener, path: string, to: Compiling): SidecarEgress {
  return {
    port: listener.port && {
      number: listener.port.number ?? 0,
      protocol: parseProtocol(listener.port.protocol),
      name: listener.port.name ?? '',
    },
    bind: listener.bind || undefined,
    captureNone: listener.captureMode === 'NONE',
    hosts: (listener.hosts ?? []).map((text) => {
      const [scope = '*', host = '*'] = text.split('/');
      if (scope.length > 1 && scope.startsWith('~'))
        return { namespace: scope.slice(1), host: to.host(host), exclude: true };
      return { namespace: scope === '.' ? to.origin.namespace : scope, host: to.host(host) };
    }),
    origin: to.at(path),
  };
}

function compileIngress(listener: IstioIngressListener, path: string, to: Compiling): SidecarIngress {
  return {
    port: {
      number: listener.port?.number ?? 0,
      protocol: parseProtocol(listener.port?.protocol),
      name: listener.port?.name ?? '',
    },
    bind: listener.bind || undefined,
    defaultEndpoint: listener.defaultEndpoint ?? '',
    pool: listener.connectionPool && compilePool(listener.connectionPool, `${path}.connectionPool`, to),
    origin: to.at(path),
  };
}
