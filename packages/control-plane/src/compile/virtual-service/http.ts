import type {
  HttpRoute as ApiRoute,
  HttpMatchRequest,
  HttpRouteDestination,
} from '@lateen/api/istio/virtual-service';
import type { HttpMatch, HttpRoute, WeightedDestination } from '../../ir/route.ts';
import type { Compiling } from '../context.ts';
import { namedMatches, stringMatch } from '../strings.ts';
import {
  compileCors,
  compileDirectResponse,
  compileFault,
  compileRedirect,
  compileRetries,
  compileRewrite,
} from './actions.ts';
import { compileHeaders } from './headers.ts';
import { compileDestination } from './l4.ts';
import { gatewayNames } from './names.ts';

export function compileHttp(route: ApiRoute, path: string, to: Compiling): HttpRoute {
  return {
    name: route.name || undefined,
    matches: (route.match ?? []).map((match, index) => compileMatch(match, `${path}.match[${index}]`, to)),
    destinations: (route.route ?? []).map((entry, index) =>
      compileWeighted(entry, `${path}.route[${index}]`, to),
    ),
    redirect: route.redirect && compileRedirect(route.redirect),
    directResponse: route.directResponse && compileDirectResponse(route.directResponse),
    delegate: route.delegate && {
      name: route.delegate.name ?? '',
      namespace: route.delegate.namespace || to.origin.namespace,
    },
    rewrite: route.rewrite && compileRewrite(route.rewrite),
    timeout: to.duration(route.timeout, `${path}.timeout`),
    retries: route.retries && compileRetries(route.retries, `${path}.retries`, to),
    fault: route.fault && compileFault(route.fault, `${path}.fault`, to),
    mirrors: compileMirrors(route, path, to),
    cors: route.corsPolicy && compileCors(route.corsPolicy, `${path}.corsPolicy`, to),
    headers: compileHeaders(route.headers),
    origin: to.at(path),
  };
}

function compileMatch(match: HttpMatchRequest, path: string, to: Compiling): HttpMatch {
  return {
    name: match.name || undefined,
    uri: stringMatch(match.uri),
    ignoreUriCase: match.ignoreUriCase === true,
    scheme: stringMatch(match.scheme),
    method: stringMatch(match.method),
    authority: stringMatch(match.authority),
    headers: namedMatches(match.headers),
    withoutHeaders: namedMatches(match.withoutHeaders),
    queryParams: namedMatches(match.queryParams),
    statPrefix: match.statPrefix || undefined,
    sourceLabels: match.sourceLabels ?? {},
    sourceNamespace: match.sourceNamespace || undefined,
    gateways: gatewayNames(match.gateways, to.origin.namespace),
    port: match.port || undefined,
    origin: to.at(path),
  };
}

function compileWeighted(entry: HttpRouteDestination, path: string, to: Compiling): WeightedDestination {
  return {
    destination: compileDestination(entry.destination, `${path}.destination`, to),
    weight: entry.weight ?? 0,
    headers: compileHeaders(entry.headers),
  };
}

function compileMirrors(route: ApiRoute, path: string, to: Compiling): HttpRoute['mirrors'] {
  if (route.mirrors?.length) {
    return route.mirrors.map((mirror, index) => ({
      destination: compileDestination(mirror.destination, `${path}.mirrors[${index}].destination`, to),
      percentage: mirror.percentage ? (mirror.percentage.value ?? 0) : 100,
    }));
  }
  if (!route.mirror) return [];
  const old = route.mirrorPercent ?? route.mirror_percent ?? 100;
  const percentage = route.mirrorPercentage ? (route.mirrorPercentage.value ?? 0) : old;
  return [{ destination: compileDestination(route.mirror, `${path}.mirror`, to), percentage }];
}
