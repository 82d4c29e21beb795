import { createHash } from 'node:crypto';
import type { Core } from '../core.ts';
import { parseAccept } from '../engine/negotiate.ts';
import { encodeBody } from '../engine/respond.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { aggregatedDocument, groupDocument, orderedGroups, resourceListDocument } from './aggregated.ts';

interface Cached {
  readonly body: string;
  readonly etag: string;
}

/** Discovery: what is served, in the old and the aggregated form. */
export class Discovery {
  readonly #core: Core;
  #revision = -1;
  #cache = new Map<string, Cached>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Undefined when the path is none of discovery's. */
  answer(request: ApiRequest): ApiResponse | undefined {
    const parts = request.path.split('/').filter((part) => part !== '');
    const { registry } = this.#core;
    if (parts[0] === 'api' && parts.length === 1) return this.#root(request, ['']);
    if (parts[0] === 'apis' && parts.length === 1) return this.#root(request, orderedGroups(registry));
    if (parts[0] === 'api' && parts.length === 2 && parts[1] === 'v1')
      return this.#resources(request, '', 'v1');
    if (parts[0] !== 'apis') return undefined;
    const [, group = '', version = ''] = parts;
    if (parts.length === 2 && registry.groups().includes(group)) {
      return this.#json(request, `group ${group}`, () => ({
        kind: 'APIGroup',
        apiVersion: 'v1',
        ...groupDocument(registry, group),
      }));
    }
    if (parts.length === 3 && registry.hasVersion(group, version))
      return this.#resources(request, group, version);
    return undefined;
  }

  #resources(request: ApiRequest, group: string, version: string): ApiResponse {
    return this.#json(request, `${group}/${version}`, () =>
      resourceListDocument(this.#core.registry, group, version),
    );
  }

  #root(request: ApiRequest, groups: readonly string[]): ApiResponse {
    const { registry } = this.#core;
    for (const { type, parameters } of parseAccept(request.headers.accept ?? '')) {
      const { g, v = '', as } = parameters;
      if (type === 'application/json' && as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io') {
        if (v !== 'v2' && v !== 'v2beta1') continue;
        const contentType = `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`;
        return this.#json(
          request,
          `${request.path} ${v}`,
          () => aggregatedDocument(registry, groups, v),
          contentType,
        );
      }
      if (as === undefined) break;
    }
    return this.#json(request, request.path, () =>
      groups[0] === ''
        ? {
            kind: 'APIVersions',
            versions: ['v1'],
            serverAddressByClientCIDRs: [
              { clientCIDR: '0.0.0.0/0', serverAddress: request.headers.host ?? '' },
            ],
          }
        : {
            kind: 'APIGroupList',
            apiVersion: 'v1',
            groups: groups.map((group) => groupDocument(registry, group)),
          },
    );
  }

  #json(
    request: ApiRequest,
    key: string,
    make: () => unknown,
    contentType = 'application/json',
  ): ApiResponse {
    if (this.#revision !== this.#core.registry.revision) {
      this.#cache.clear();
      this.#revision = this.#core.registry.revision;
    }
    let cached = this.#cache.get(key);
    if (!cached) {
      const body = `${JSON.stringify(make())}\n`;
      const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
      cached = { body, etag };
      this.#cache.set(key, cached);
    }
    const headers = {
      'Content-Type': contentType,
      ETag: cached.etag,
      Vary: 'Accept',
      'Cache-Control': 'public',
    };
    if (request.headers['if-none-match'] === cached.etag) return { status: 304, headers, body: '' };
    const pretty = request.query.get('pretty');
    return {
      status: 200,
      headers,
      body: pretty ? encodeBody(request, JSON.parse(cached.body)) : cached.body,
    };
  }
}
