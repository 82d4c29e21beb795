import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHeaders } from '../http/header-list.ts';
import type { Message } from '../http/types.ts';
import { compileRouteConfiguration, findRoute } from './index.ts';
import type { CompileDependencies } from './level.ts';
import type { MatchContext, RouteTable } from './types.ts';

const deps = {
  compileFormat: () => ({ value: () => '', problems: [] }),
  runtime: {
    number: (_: string, fallback: number) => fallback,
    boolean: (_: string, fallback: boolean) => fallback,
  },
  random: { next: () => 0, uuid: () => '' },
  clusters: { get: () => undefined, names: () => [] },
  knowsCluster: (name: string) => name === 'known',
} as unknown as CompileDependencies;

const context = (random = 0): MatchContext => ({ random: () => random, isTls: false, dynamicMetadata: {} });
const compile = (message: Message) => compileRouteConfiguration(message, deps, { path: '' });
const routed = (name: string, match: Message, more: Message = {}) => ({
  name,
  match,
  route: { cluster: 'known' },
  ...more,
});

function request(
  path: string,
  authority = 'h',
  headers: readonly (readonly [string, string])[] = [],
): RequestHeaders {
  const made = new RequestHeaders();
  made.path = path;
  made.authority = authority;
  for (const [name, value] of headers) made.add(name, value);
  return made;
}

function nameOf(table: RouteTable, headers: RequestHeaders, random = 0): string | undefined {
  const found = findRoute(table, headers, context(random));
  return typeof found === 'object' ? found.route.name : found;
}

test('virtual hosts: exact, longest suffix, longest prefix, any', () => {
  const host = (name: string, domains: string[]) => ({
    name,
    domains,
    routes: [routed(name, { prefix: '/' })],
  });
  const { value } = compile({
    virtualHosts: [
      host('any', ['*']),
      host('suffix', ['*.local']),
      host('longer', ['*.a.local']),
      host('prefix', ['web.*']),
      host('exact', ['x.a.local', 'h:80']),
    ],
  });
  const table = value as RouteTable;
  const cases = [
    ['X.A.local', 'exact'],
    ['y.a.local', 'longer'],
    ['y.local', 'suffix'],
    ['.local', 'any'],
    ['web.com', 'prefix'],
    ['web.', 'any'],
    ['h:80', 'exact'],
    ['h', 'any'],
  ];
  for (const [authority, name] of cases)
    assert.equal(nameOf(table, request('/', authority)), name, authority);
});

test('routes: the first that matches in all it asks', () => {
  const { value } = compile({
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          routed('header', { prefix: '/', headers: [{ name: 'X-User', stringMatch: { exact: 'jason' } }] }),
          routed('query', { prefix: '/q', queryParameters: [{ name: 'k', stringMatch: { exact: 'v' } }] }),
          routed('separated', { pathSeparatedPrefix: '/api' }),
          routed('regex', { safeRegex: { regex: '/re/[0-9]+' } }),
          routed('template', {
            pathMatchPolicy: {
              typedConfig: {
                '@type': 't/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
                pathTemplate: '/u/{id}/**',
              },
            },
          }),
          routed('rest', { prefix: '/' }),
        ],
      },
    ],
  });
  const table = value as RouteTable;
  assert.equal(
    nameOf(
      table,
      request('/x', 'h', [
        ['x-user', 'a'],
        ['x-user', 'jason'],
      ]),
    ),
    'header',
  );
  assert.equal(nameOf(table, request('/q?k=v')), 'query');
  assert.equal(nameOf(table, request('/q?k=w&k=v')), 'rest');
  assert.equal(nameOf(table, request('/api?x')), 'separated');
  assert.equal(nameOf(table, request('/apix')), 'rest');
  assert.equal(nameOf(table, request('/re/12?x')), 'regex');
  assert.equal(nameOf(table, request('/u/7/a/b')), 'template');
});

test('weights decide between clusters', () => {
  const weightedClusters = {
    clusters: [
      { name: 'known', weight: 25 },
      { name: 'known', weight: 75 },
    ],
  };
  const { value } = compile({
    virtualHosts: [
      { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { weightedClusters } }] },
    ],
  });
  const pick = (random: number) => {
    const found = findRoute(value as RouteTable, request('/'), context(random));
    return typeof found === 'object' ? found.weighted?.weight : undefined;
  };
  assert.deepEqual([pick(0), pick(0.249), pick(0.25), pick(0.999)], [25, 25, 75, 75]);
});

test('redirects say where to go', () => {
  const location = (redirect: Message, path: string, authority = 'h') => {
    const { value } = compile({
      virtualHosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/a' }, redirect }] }],
    });
    const headers = request(path, authority, [['x-forwarded-proto', 'http']]);
    const found = findRoute(value as RouteTable, headers, context());
    const action = typeof found === 'object' ? found.route.action : undefined;
    return action?.kind === 'redirect' ? action.redirect.location(headers) : undefined;
  };
  assert.equal(location({ httpsRedirect: true }, '/a?b', 'h:80'), 'https://h/a?b');
  assert.equal(location({ prefixRewrite: '/n' }, '/ab?c'), 'http://h/nb?c');
  assert.equal(location({ pathRedirect: '/p', stripQuery: true }, '/a?b'), 'http://h/p');
  assert.equal(location({ hostRedirect: 'o', portRedirect: 81 }, '/a'), 'http://o:81/a');
});

test('refuses what cannot be, with its path', () => {
  const cases: readonly (readonly [Message, RegExp])[] = [
    [{ virtualHosts: [{ name: 'v', domains: ['a', 'A'], routes: [] }] }, /Duplicate entry of domain A/],
    [
      {
        validateClusters: true,
        virtualHosts: [
          { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'ghost' } }] },
        ],
      },
      /unknown cluster 'ghost'/,
    ],
    [
      { virtualHosts: [{ name: 'v', domains: ['*'], routes: [{ match: {}, route: { cluster: 'known' } }] }] },
      /needs prefix/,
    ],
    [{ virtualHosts: [], vhds: {} }, /not supported/],
    [
      {
        virtualHosts: [
          { name: 'v', domains: ['*'], routes: [routed('x', { safeRegex: { regex: '(?=x)' } })] },
        ],
      },
      /Invalid regex/,
    ],
    [
      { requestHeadersToAdd: [{ header: { key: 'Host', value: 'x' } }], virtualHosts: [] },
      /may not be modified/,
    ],
  ];
  for (const [message, expected] of cases) {
    const { value, problems } = compile(message);
    assert.equal(value, undefined);
    assert.ok(
      problems.some((problem) => expected.test(problem.message)),
      JSON.stringify(problems),
    );
  }
});
