import type {
  Destination,
  DirectResponse,
  HttpMatch,
  HttpRoute,
  Redirect,
  WeightedDestination,
} from '../../ir/route.ts';
import type { Service } from '../../ir/service.ts';
import { defined, duration, fraction, type Generating, type Json } from '../context.ts';
import { liveDestinations } from '../listeners/tcp.ts';
import { clusterName } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { hashPolicies } from './hash.ts';
import { headerFields, hostFromHeaders } from './headers.ts';
import { retryPolicy, standardRetries } from './retry.ts';

/** Where routes are made for: the port that is listened on and the services that can be named there. */
export interface RouteSite {
  readonly port: number;
  readonly tls: boolean;
  readonly serviceOf: (host: string) => Service | undefined;
}

export function destinationPort(destination: Destination, site: RouteSite): number {
  if (destination.port !== undefined) return destination.port;
  const service = site.serviceOf(destination.host);
  return service?.ports.length === 1 ? service.ports[0]!.number : site.port;
}

export function destinationCluster(destination: Destination, site: RouteSite): string {
  return clusterName(destinationPort(destination, site), destination.subset, destination.host);
}

/** What happens to a request that a rule's route matches. */
export function forward(
  context: Generating,
  route: HttpRoute,
  match: HttpMatch | undefined,
  site: RouteSite,
): Json {
  const live = liveDestinations(route.destinations);
  const timeout = duration(route.timeout ?? 0);
  return defined({
    ...clusters(live, site),
    hashPolicy: hashOf(context, live, site),
    hostRewriteLiteral: hostRewrite(route, live),
    ...timeouts(context, timeout),
    requestMirrorPolicies:
      route.mirrors.length > 0 ? route.mirrors.map((mirror) => mirrorPolicy(mirror, site)) : undefined,
    retryPolicy: retryPolicy(route.retries ?? context.scope.mesh.retries ?? standardRetries),
    ...rewrite(route, match),
  });
}

/**
 * The route's timeout. Istio also lets gRPC clients ask for one up to it; Envoy warns of that field for every route, and its
 * successor would switch the timeout itself off, so plain proxies go without.
 */
export function timeouts(context: Generating, timeout: string): Json {
  return context.plain ? { timeout } : { maxGrpcTimeout: timeout, timeout };
}

function hostRewrite(route: HttpRoute, live: readonly WeightedDestination[]): string | undefined {
  const only = live.length === 1 ? hostFromHeaders(live[0]!.headers) : undefined;
  return only ?? route.rewrite?.authority ?? hostFromHeaders(route.headers);
}

function clusters(live: readonly WeightedDestination[], site: RouteSite): Json {
  if (live.length === 1) return { cluster: destinationCluster(live[0]!.destination, site) };
  return {
    weightedClusters: {
      clusters: live.map((entry) => ({
        name: destinationCluster(entry.destination, site),
        weight: entry.weight,
        ...headerFields(entry.headers),
        ...(hostFromHeaders(entry.headers) ? { hostRewriteLiteral: hostFromHeaders(entry.headers) } : {}),
      })),
    },
  };
}

function mirrorPolicy({ destination, percentage }: HttpRoute['mirrors'][number], site: RouteSite): Json {
  return {
    cluster: destinationCluster(destination, site),
    disableShadowHostSuffixAppend: true,
    runtimeFraction: { defaultValue: fraction(percentage) },
    traceSampled: false,
  };
}

function rewrite({ rewrite }: HttpRoute, match: HttpMatch | undefined): Json {
  if (!rewrite) return {};
  if (rewrite.regex)
    return { regexRewrite: { pattern: { regex: rewrite.regex.match }, substitution: rewrite.regex.rewrite } };
  if (rewrite.uri === undefined) return {};
  if (match?.uri?.kind === 'regex')
    return { regexRewrite: { pattern: { regex: match.uri.value }, substitution: rewrite.uri } };
  return { prefixRewrite: rewrite.uri };
}

/** What any of the destinations asks to be told apart by, each once. */
function hashOf(
  context: Generating,
  live: readonly WeightedDestination[],
  site: RouteSite,
): Json[] | undefined {
  const policies = new Map<string, Json>();
  for (const { destination } of live) {
    const service = context.scope.serviceOf(destination.host);
    if (!service) continue;
    const port = destinationPort(destination, site);
    const policy = effectivePolicy(context.scope.policyOf(service), destination.subset, port);
    for (const entry of hashPolicies(policy.balancing?.hash) ?? [])
      policies.set(JSON.stringify(entry), entry);
  }
  return policies.size > 0 ? [...policies.values()] : undefined;
}

const redirectCodes: Readonly<Record<number, string | undefined>> = {
  301: undefined,
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
};

export function redirectAction(redirect: Redirect, site: RouteSite): Json {
  return defined({
    hostRedirect: redirect.authority,
    pathRedirect: redirect.uri,
    portRedirect: redirect.port ?? requestPort(redirect, site),
    responseCode: redirectCodes[redirect.code],
    schemeRedirect: redirect.scheme,
  });
}

/** The port that the request came to, where the scheme does not already say it. */
function requestPort(redirect: Redirect, site: RouteSite): number | undefined {
  if (!redirect.portOfRequest) return undefined;
  const scheme = redirect.scheme ?? (site.tls ? 'https' : 'http');
  return site.port === (scheme === 'https' ? 443 : 80) ? undefined : site.port;
}

export function directResponseAction({ status, body }: DirectResponse): Json {
  const source =
    body?.text === undefined
      ? body?.base64 === undefined
        ? undefined
        : { inlineBytes: body.base64 }
      : { inlineString: body.text };
  return defined({ status, body: source });
}
