import type { HttpMatch, HttpRoute, RouteRules } from '../../ir/route.ts';
import { portOrigin, type Service, type ServicePort } from '../../ir/service.ts';
import { includesLabels } from '../../scope/visibility.ts';
import { defined, type Generating, type Json } from '../context.ts';
import { liveDestinations } from '../listeners/tcp.ts';
import { clusterLabel, clusterName, configPath } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { provenance } from '../provenance.ts';
import {
  destinationCluster,
  directResponseAction,
  forward,
  type RouteSite,
  redirectAction,
  timeouts,
} from './action.ts';
import { perFilterConfig } from './filters.ts';
import { hashPolicies } from './hash.ts';
import { headerFields } from './headers.ts';
import { operationPath, routeMatch } from './match.ts';
import { retryPolicy, standardRetries } from './retry.ts';

/**
 * The routes that a resource's rules make at one place. Conditions on the source, the gateway and the port are decided here;
 * what follows a route that takes everything is left out.
 */
export function rulesRoutes(
  context: Generating,
  rules: RouteRules,
  site: RouteSite,
  gateways: ReadonlySet<string>,
): Json[] {
  const result: Json[] = [];
  for (const route of rules.http) {
    if (route.matches.length === 0) {
      const made = ruleRoute(context, rules, route, undefined, site);
      if (made) result.push(made);
      return result;
    }
    for (const match of route.matches) {
      if (!applies(context, rules, match, site, gateways)) continue;
      const made = ruleRoute(context, rules, route, match, site);
      if (!made) continue;
      result.push(made);
      if (takesEverything(match)) return result;
    }
  }
  return result;
}

function applies(
  context: Generating,
  rules: RouteRules,
  match: HttpMatch,
  site: RouteSite,
  gateways: ReadonlySet<string>,
): boolean {
  const named = match.gateways.length > 0 ? match.gateways : rules.gateways;
  if (!named.some((name) => gateways.has(name))) return false;
  if (match.port !== undefined && match.port !== site.port) return false;
  if (!gateways.has('mesh')) return true;
  const { node } = context.scope;
  if (match.sourceNamespace && match.sourceNamespace !== node.namespace) return false;
  return includesLabels(node.labels, match.sourceLabels);
}

function takesEverything(match: HttpMatch): boolean {
  const { uri } = match;
  const anyPath =
    !uri ||
    (uri.kind === 'prefix' && uri.value === '/') ||
    (uri.kind === 'regex' && (uri.value === '*' || uri.value === '.*'));
  const free = !match.method && !match.scheme && !match.authority;
  return (
    anyPath && free && match.headers.length + match.withoutHeaders.length + match.queryParams.length === 0
  );
}

function ruleRoute(
  context: Generating,
  rules: RouteRules,
  route: HttpRoute,
  match: HttpMatch | undefined,
  site: RouteSite,
): Json | undefined {
  const action = actionOf(context, route, match, site);
  if (!action) return undefined;
  return defined({
    name: routeName(route, match),
    decorator: { operation: `${label(rules, route, site)}${operationPath(match)}` },
    match: routeMatch(match),
    metadata: provenance(
      { config: configPath(rules.origin) },
      match?.origin ?? route.origin,
      ...destinationOrigins(route),
    ),
    statPrefix: match?.statPrefix,
    typedPerFilterConfig: perFilterConfig(route),
    ...headerFields(singleHeaders(route)),
    ...action,
  });
}

function destinationOrigins(route: HttpRoute) {
  return liveDestinations(route.destinations).map((entry) => entry.destination.origin);
}

/** A lone destination's header operations are the route's own. */
function singleHeaders(route: HttpRoute): HttpRoute['headers'] {
  const live = liveDestinations(route.destinations);
  const own = live.length === 1 ? live[0]!.headers : undefined;
  if (!own || !route.headers) return own ?? route.headers;
  const both = (side: 'request' | 'response') => ({
    set: [...route.headers![side].set, ...own[side].set],
    add: [...route.headers![side].add, ...own[side].add],
    remove: [...route.headers![side].remove, ...own[side].remove],
  });
  return { request: both('request'), response: both('response') };
}

function actionOf(
  context: Generating,
  route: HttpRoute,
  match: HttpMatch | undefined,
  site: RouteSite,
): Json | undefined {
  if (route.redirect) return { redirect: redirectAction(route.redirect, site) };
  if (route.directResponse) return { directResponse: directResponseAction(route.directResponse) };
  if (liveDestinations(route.destinations).length === 0) return undefined;
  return { route: forward(context, route, match, site) };
}

function routeName(route: HttpRoute, match: HttpMatch | undefined): string | undefined {
  if (!route.name) return match?.name;
  return match?.name ? `${route.name}.${match.name}` : route.name;
}

/** What a span is named after: the destination where there is one, else the rules. */
function label(rules: RouteRules, route: HttpRoute, site: RouteSite): string {
  const live = liveDestinations(route.destinations);
  const forwards = !route.redirect && !route.directResponse;
  if (!forwards || live.length !== 1) return `${rules.name}:${site.port}`;
  return clusterLabel(destinationCluster(live[0]!.destination, site));
}

/** The route to a service that no rules speak about. */
export function serviceRoute(context: Generating, service: Service, port: ServicePort): Json {
  const policy = effectivePolicy(context.scope.policyOf(service), '', port.number);
  const hash = hashPolicies(policy.balancing?.hash);
  return {
    name: 'default',
    decorator: { operation: `${service.host}:${port.number}/*` },
    match: { prefix: '/' },
    metadata: provenance(undefined, portOrigin(service, port)),
    route: defined({
      cluster: clusterName(port.number, '', service.host),
      hashPolicy: hash,
      ...timeouts(context, '0s'),
      retryPolicy: retryPolicy(context.scope.mesh.retries ?? standardRetries),
    }),
  };
}
