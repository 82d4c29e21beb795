import type { Problem, Result } from '@lateen/kit';
import type { HttpMatch, HttpRoute, RouteRules } from '../../ir/route.ts';

/** Rules with the parts that they delegate put in their place; those that are only parts are left out. */
export function resolveDelegates(all: readonly RouteRules[]): Result<RouteRules[]> {
  const parts = new Map(
    all.filter((rules) => rules.delegateOnly).map((rules) => [`${rules.namespace}/${rules.name}`, rules]),
  );
  const problems: Problem[] = [];
  const value = all
    .filter((rules) => !rules.delegateOnly)
    .map((rules) => {
      if (!rules.http.some((route) => route.delegate)) return rules;
      return { ...rules, http: rules.http.flatMap((route) => expand(rules, route, parts, problems)) };
    });
  return { value, problems };
}

function expand(
  rules: RouteRules,
  route: HttpRoute,
  parts: ReadonlyMap<string, RouteRules>,
  problems: Problem[],
): HttpRoute[] {
  if (!route.delegate) return [route];
  const name = `${route.delegate.namespace}/${route.delegate.name}`;
  const part = parts.get(name);
  if (!part || !exported(part, rules.namespace)) {
    const { kind, namespace } = rules.origin;
    const message = `VirtualService "${name}" does not exist, has hosts of its own, or is not exported to namespace "${namespace}"`;
    problems.push({
      code: 'DelegateNotFound',
      severity: 'error',
      path: `${route.origin.path}.delegate`,
      object: { kind, namespace, name: rules.name },
      message,
    });
    return [];
  }
  return part.http.map((child) => combine(route, child)).filter((merged) => merged !== undefined);
}

function exported(part: RouteRules, namespace: string): boolean {
  return part.exportTo.some(
    (entry) => entry === '*' || entry === namespace || (entry === '.' && part.namespace === namespace),
  );
}

/** The child's route under the parent's conditions; none when the two cannot hold together. */
function combine(parent: HttpRoute, child: HttpRoute): HttpRoute | undefined {
  const matches = combineMatches(parent.matches, child.matches);
  if (!matches) return undefined;
  return {
    ...child,
    matches,
    name: parent.name && child.name ? `${parent.name}-${child.name}` : (parent.name ?? child.name),
    rewrite: child.rewrite ?? parent.rewrite,
    timeout: child.timeout ?? parent.timeout,
    retries: child.retries ?? parent.retries,
    fault: child.fault ?? parent.fault,
    mirrors: child.mirrors.length > 0 ? child.mirrors : parent.mirrors,
    cors: child.cors ?? parent.cors,
    headers: child.headers ?? parent.headers,
  };
}

function combineMatches(
  parents: readonly HttpMatch[],
  children: readonly HttpMatch[],
): readonly HttpMatch[] | undefined {
  if (parents.length === 0) return children;
  if (children.length === 0) return parents;
  const result: HttpMatch[] = [];
  for (const child of children) {
    for (const parent of parents) {
      if (conflicts(parent, child)) return undefined;
      result.push(combineMatch(parent, child));
    }
  }
  return result;
}

/** A child may not say again what the parent says, unless its path is below the parent's. */
function conflicts(parent: HttpMatch, child: HttpMatch): boolean {
  if (parent.uri && child.uri && !narrows(parent.uri, child.uri)) return true;
  if (parent.scheme && child.scheme && !narrows(parent.scheme, child.scheme)) return true;
  if (parent.method && child.method && !narrows(parent.method, child.method)) return true;
  if (parent.authority && child.authority && !narrows(parent.authority, child.authority)) return true;
  if (parent.port !== undefined && child.port !== undefined && parent.port !== child.port) return true;
  if (parent.ignoreUriCase !== child.ignoreUriCase && parent.uri && child.uri) return true;
  return (
    child.headers.some((header) => clash(parent.headers, header)) ||
    child.queryParams.some((query) => clash(parent.queryParams, query))
  );
}

function clash(list: HttpMatch['headers'], entry: HttpMatch['headers'][number]): boolean {
  const same = list.find((other) => other.name === entry.name);
  return same?.value !== undefined && entry.value !== undefined && !narrows(same.value, entry.value);
}

type Text = NonNullable<HttpMatch['uri']>;

function narrows(parent: Text, child: Text): boolean {
  if (parent.kind === 'regex' || child.kind === 'regex')
    return parent.kind === child.kind && parent.value === child.value;
  if (parent.kind === 'exact') return child.kind === 'exact' && child.value === parent.value;
  return child.value.startsWith(parent.value);
}

function combineMatch(parent: HttpMatch, child: HttpMatch): HttpMatch {
  const joined = (a: HttpMatch['headers'], b: HttpMatch['headers']) => {
    const names = new Set(b.map((entry) => entry.name));
    return [...b, ...a.filter((entry) => !names.has(entry.name))].sort((x, y) => (x.name < y.name ? -1 : 1));
  };
  return {
    ...child,
    name: parent.name && child.name ? `${parent.name}-${child.name}` : (parent.name ?? child.name),
    uri: child.uri ?? parent.uri,
    ignoreUriCase: child.uri ? child.ignoreUriCase : parent.ignoreUriCase,
    scheme: child.scheme ?? parent.scheme,
    method: child.method ?? parent.method,
    authority: child.authority ?? parent.authority,
    headers: joined(parent.headers, child.headers),
    withoutHeaders: joined(parent.withoutHeaders, child.withoutHeaders),
    queryParams: joined(parent.queryParams, child.queryParams),
    sourceLabels: { ...parent.sourceLabels, ...child.sourceLabels },
    sourceNamespace: child.sourceNamespace ?? parent.sourceNamespace,
    gateways: child.gateways.length > 0 ? child.gateways : parent.gateways,
    port: child.port ?? parent.port,
    statPrefix: child.statPrefix ?? parent.statPrefix,
  };
}
