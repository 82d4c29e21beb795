import type { VirtualService } from '@lateen/api/istio/virtual-service';
import type { Result } from '@lateen/kit';
import type { MeshSettings } from '../../ir/mesh.ts';
import type { RouteRules } from '../../ir/route.ts';
import { Compiling } from '../context.ts';
import { compileHttp } from './http.ts';
import { compileL4 } from './l4.ts';
import { gatewayNames } from './names.ts';

/** A VirtualService as rules. */
export function compileVirtualService(object: VirtualService, mesh: MeshSettings): Result<RouteRules> {
  const to = new Compiling(object, mesh);
  const spec = object.spec ?? {};
  const value: RouteRules = {
    name: to.origin.name,
    namespace: to.origin.namespace,
    created: to.created,
    hosts: (spec.hosts ?? []).map((host) => to.host(host)),
    gateways: spec.gateways?.length ? gatewayNames(spec.gateways, to.origin.namespace) : ['mesh'],
    exportTo: spec.exportTo?.length ? spec.exportTo : mesh.defaultExportTo.virtualService,
    http: (spec.http ?? []).map((route, index) => compileHttp(route, `spec.http[${index}]`, to)),
    tls: (spec.tls ?? []).map((route, index) => compileL4(route, `spec.tls[${index}]`, to)),
    tcp: (spec.tcp ?? []).map((route, index) => compileL4(route, `spec.tcp[${index}]`, to)),
    delegateOnly: !spec.hosts?.length,
    origin: to.origin,
  };
  return { value, problems: to.problems };
}
