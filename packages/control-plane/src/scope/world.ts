import type { DestinationPolicy } from '../ir/destination.ts';
import type { GatewayRules } from '../ir/gateway.ts';
import type { MeshSettings } from '../ir/mesh.ts';
import type { RouteRules } from '../ir/route.ts';
import type { Endpoint, Service, Workload } from '../ir/service.ts';
import type { SidecarRules } from '../ir/sidecar.ts';

/** Everything that is known, before it is cut down to what one proxy may see. Lists are oldest first. */
export interface World {
  readonly mesh: MeshSettings;
  readonly services: readonly Service[];
  readonly byHost: ReadonlyMap<string, Service>;
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly routeRules: readonly RouteRules[];
  readonly policies: PolicyIndexLike;
  readonly gateways: readonly GatewayRules[];
  readonly sidecars: readonly SidecarRules[];
}

export interface PolicyIndexLike {
  readonly byNamespace: ReadonlyMap<string, readonly DestinationPolicy[]>;
}
