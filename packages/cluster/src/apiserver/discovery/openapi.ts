import { createHash } from 'node:crypto';
import { type CompiledCrd, openApiV2, openApiV2Proto, openApiV3 } from '../../schema/index.ts';
import type { Core } from '../core.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { apiVersionOf } from '../resource.ts';

type OpenApiInput = Parameters<typeof openApiV2>[0];

const protoType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** OpenAPI documents, made when they are first asked for and kept until resources change. */
export class OpenApi {
  readonly #core: Core;
  readonly #crds: () => readonly CompiledCrd[];
  #revision = -1;
  #cache = new Map<string, { body: Buffer; hash: string }>();

  constructor(core: Core, crds: () => readonly CompiledCrd[]) {
    this.#core = core;
    this.#crds = crds;
  }

  answer(request: ApiRequest): ApiResponse | undefined {
    if (this.#revision !== this.#core.registry.revision) {
      this.#cache.clear();
      this.#revision = this.#core.registry.revision;
    }
    if (request.path === '/openapi/v2') return this.#v2(request);
    if (request.path === '/openapi/v3') return this.#index(request);
    if (['/openapi/v3/api', '/openapi/v3/apis', '/openapi/v3/version'].includes(request.path))
      return plainDocument();
    const match = /^\/openapi\/v3\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(request.path);
    if (!match || !this.#core.registry.hasVersion(match[1] ?? '', match[2]!)) return undefined;
    return this.#v3(request, match[1] ?? '', match[2]!);
  }

  #v2(request: ApiRequest): ApiResponse {
    const accept = request.headers.accept ?? '';
    const proto = accept.includes('proto-openapi.spec.v2');
    const { body, hash } = this.#cached(proto ? 'v2 proto' : 'v2', () =>
      proto
        ? Buffer.from(openApiV2Proto(this.#input()))
        : Buffer.from(JSON.stringify(openApiV2(this.#input()))),
    );
    const etag = `"${hash}"`;
    const headers = { 'Content-Type': proto ? protoType : 'application/json', ETag: etag, Vary: 'Accept' };
    if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: '' };
    return { status: 200, headers, body };
  }

  /** Hashes are of what the document is made of, so that the index does not need every document. */
  #index(_request: ApiRequest): ApiResponse {
    const { registry } = this.#core;
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const group of ['', ...registry.groups().filter((one) => one !== '')]) {
      for (const version of registry.versions(group)) {
        const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hash(group, version)}` };
      }
    }
    for (const path of ['api', 'apis', 'version']) {
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${plainHash}` };
    }
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
    return { status: 200, headers, body: JSON.stringify({ paths }) };
  }

  #v3(request: ApiRequest, group: string, version: string): ApiResponse {
    const hash = this.#hash(group, version);
    const wanted = request.query.get('hash');
    if (wanted !== null && wanted !== hash) {
      const location = `${request.path}?hash=${hash}`;
      return { status: 301, headers: { Location: location, 'Content-Type': 'text/plain' }, body: '' };
    }
    const { body } = this.#cached(`v3 ${apiVersionOf(group, version)}`, () =>
      Buffer.from(JSON.stringify(openApiV3(group, version, this.#input()))),
    );
    const headers = { 'Content-Type': 'application/json', ETag: `"${hash}"`, Vary: 'Accept' };
    if (request.headers['if-none-match'] === `"${hash}"`) return { status: 304, headers, body: '' };
    return { status: 200, headers, body };
  }

  #hash(group: string, version: string): string {
    return this.#cached(`hash ${group}/${version}`, () => {
      const resources = this.#core.registry.resources(group, version);
      const schemas = resources.map((one) => [one.resource.plural, one.custom?.rawSchema ?? null]);
      return Buffer.from(JSON.stringify(schemas));
    }).hash;
  }

  #input(): OpenApiInput {
    const resources = [...this.#core.registry.all()].map((served) => ({
      group: served.group,
      version: served.version,
      resource: served.resource.plural,
      kind: served.resource.kind,
      namespaced: served.resource.namespaced,
      verbs: served.resource.verbs,
      subresources: [...served.subresources.keys()],
    }));
    return { resources, crds: this.#crds() };
  }

  #cached(key: string, make: () => Buffer): { body: Buffer; hash: string } {
    let found = this.#cache.get(key);
    if (!found) {
      const body = make();
      found = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
      this.#cache.set(key, found);
    }
    return found;
  }
}

const plainHash = 'lateen';

/** Paths without objects have a document without schemas. */
function plainDocument(): ApiResponse {
  const document = { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.34.2' }, paths: {} };
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(document) };
}
