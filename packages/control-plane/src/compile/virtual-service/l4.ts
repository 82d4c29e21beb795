import type {
  RouteDestination,
  TcpRoute,
  TlsMatchAttributes,
  TlsRoute,
} from '@lateen/api/istio/virtual-service';
import type { Destination, L4Match, L4Route, WeightedDestination } from '../../ir/route.ts';
import type { Compiling } from '../context.ts';
import { gatewayNames } from './names.ts';

export function compileL4(route: TcpRoute | TlsRoute, path: string, to: Compiling): L4Route {
  return {
    matches: (route.match ?? []).map((match) => compileMatch(match, to)),
    destinations: compileDestinations(route.route ?? [], `${path}.route`, to),
    origin: to.at(path),
  };
}

function compileMatch(match: TlsMatchAttributes, to: Compiling): L4Match {
  return {
    sniHosts: match.sniHosts ?? [],
    destinationSubnets: match.destinationSubnets ?? [],
    sourceLabels: match.sourceLabels ?? {},
    sourceNamespace: match.sourceNamespace || undefined,
    gateways: gatewayNames(match.gateways, to.origin.namespace),
    port: match.port || undefined,
  };
}

export function compileDestinations(
  routes: RouteDestination[],
  path: string,
  to: Compiling,
): WeightedDestination[] {
  return routes.map((route, index) => ({
    destination: compileDestination(route.destination, `${path}[${index}].destination`, to),
    weight: route.weight ?? 0,
  }));
}

export function compileDestination(
  destination: RouteDestination['destination'],
  path: string,
  to: Compiling,
): Destination {
  return {
    host: to.host(destination?.host),
    subset: destination?.subset ?? '',
    port: destination?.port?.number || undefined,
    origin: to.at(path),
  };
}
