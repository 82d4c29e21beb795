import type { Core } from '../core.ts';
import type { Discovery } from '../discovery/documents.ts';
import type { OpenApi } from '../discovery/openapi.ts';
import { maximumBody } from '../engine/body.ts';
import { type Authorize, handleResource } from '../engine/dispatch.ts';
import { jsonResponse, statusResponse } from '../engine/respond.ts';
import { ApiError, forbidden, internal, methodNotAllowed } from '../errors.ts';
import { impersonated, impersonatedGroups } from '../impersonation.ts';
import { type ApiRequest, type ApiResponse, parseResourcePath } from '../request.ts';

export interface Routes {
  readonly core: Core;
  readonly authorize: Authorize;
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
}

export const versionDocument = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitVersion: 'v1.34.2',
  gitCommit: '8cc511e399b929453cd98ae65b419c3cc227ec79',
  gitTreeState: 'clean',
  buildDate: '2025-11-11T19:00:00Z',
  goVersion: 'go1.24.9',
  compiler: 'gc',
  platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

/** Answers any request, and never rejects. */
export async function handleRequest(routes: Routes, request: ApiRequest): Promise<ApiResponse> {
  try {
    checkRequest(request);
    return await answer(routes, actingRequest(routes.authorize, request));
  } catch (error) {
    if (error instanceof ApiError) return statusResponse(request, error.toStatus());
    routes.core.log.error(`cannot answer ${request.method} ${request.path}`, {
      error: String((error as Error).stack),
    });
    return statusResponse(request, internal((error as Error).message).toStatus());
  }
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

function checkRequest({ method, body }: ApiRequest): void {
  if (!methods.has(method)) throw methodNotAllowed();
  if (body.length <= maximumBody) return;
  throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maximumBody}`);
}

/** The request in the name of whom it is made. */
export function actingRequest(authorize: Authorize, request: ApiRequest): ApiRequest {
  const user = impersonated(request.headers);
  if (!user) return request;
  for (const [resource, names] of [
    ['users', [user.name]],
    ['groups', impersonatedGroups(request.headers)],
  ] as const) {
    for (const name of names) {
      const path = {
        group: '',
        version: 'v1',
        plural: resource,
        namespace: '',
        name,
        subresource: '',
        rest: '',
      };
      const refusal = authorize(request, path, 'impersonate');
      if (refusal !== undefined) throw forbidden({ group: '', resource }, name, refusal);
    }
  }
  return { ...request, user };
}

async function answer(routes: Routes, request: ApiRequest): Promise<ApiResponse> {
  return (
    (await handleResource(routes.core, routes.authorize, request)) ??
    handleOther(routes, request) ?? {
      status: 404,
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
      body: '404 page not found\n',
    }
  );
}

const healthPaths = /^\/(healthz|livez|readyz)(\/.*)?$/;

function handleOther(routes: Routes, request: ApiRequest): ApiResponse | undefined {
  const { path } = request;
  if (parseResourcePath(path)) return undefined;
  const verb = request.method === 'GET' ? 'get' : request.method.toLowerCase();
  const refusal = routes.authorize(request, undefined, verb);
  if (refusal !== undefined) {
    return statusResponse(request, new ApiError(403, 'Forbidden', `forbidden: ${refusal}`, {}).toStatus());
  }
  if (healthPaths.test(path)) return health(request);
  if (path === '/version') {
    const body = `${JSON.stringify(versionDocument, null, 2)}`;
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
  }
  if (path.startsWith('/openapi/')) return routes.openApi.answer(request);
  if (path === '/') {
    const body = JSON.stringify({ paths: rootPaths(routes.core) }, null, 2);
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
  }
  if (path === '/.well-known/openid-configuration')
    return jsonResponse(request, 200, openIdConfiguration(routes.core));
  if (path === '/openid/v1/jwks') return jsonResponse(request, 200, routes.core.tokens.keySet());
  return routes.discovery.answer(request);
}

/** Healthy as long as it answers; `?verbose` lists what that means. */
function health({ path, query }: ApiRequest): ApiResponse {
  const name = path.split('/')[1]!;
  const checks = ['ping', 'log', 'store', 'poststarthook/bootstrap'].map((check) => `[+]${check} ok\n`);
  const body = query.has('verbose') ? `${checks.join('')}${name} check passed\n` : 'ok';
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

function rootPaths({ registry }: Core): string[] {
  const groups = registry.groups().filter((group) => group !== '');
  const versions = groups.flatMap((group) =>
    registry.versions(group).map((version) => `/apis/${group}/${version}`),
  );
  const fixed = [
    '/api',
    '/api/v1',
    '/apis',
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ];
  return [...fixed, ...groups.map((group) => `/apis/${group}`), ...versions].sort();
}

function openIdConfiguration({ tokens }: Core): unknown {
  return {
    issuer: tokens.issuer,
    jwks_uri: `${tokens.issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
