import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Clock, silentLog } from '@lateen/kit';
import { builtinKind } from '../schema/index.ts';
import { createAdmission } from './admission/chain.ts';
import { createAuthorize } from './authorization/authorize.ts';
import { LocalKubeClient } from './client.ts';
import { type Core, KindCache } from './core.ts';
import { DefinitionManager } from './crd/manager.ts';
import type { ClusterCredentials } from './credentials.ts';
import { syncApiServices } from './discovery/api-services.ts';
import { Discovery } from './discovery/documents.ts';
import { OpenApi } from './discovery/openapi.ts';
import { expireEvents } from './expiry.ts';
import { sendRaw } from './http/listen.ts';
import { actingRequest, handleRequest, type Routes } from './http/routes.ts';
import type { ApiServerOptions } from './options.ts';
import { NodeConnection } from './passthrough/node.ts';
import { passUpgrade } from './passthrough/upgrade.ts';
import { keepQuotaStatus } from './quota/quota.ts';
import { Registry } from './registry.ts';
import type { ApiRequest, ApiResponse, User } from './request.ts';
import { builtinVersions } from './resource.ts';
import { retiredVersions } from './retired/versions.ts';
import { ServiceAllocation } from './service/allocate.ts';
import { Store } from './store/store.ts';
import { TokenIssuer } from './tokens.ts';

/** Who the API server itself is. */
export const internalUser: User = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** The parts of one API server, wired together, without its listeners. */
export interface Assembly {
  readonly core: Core;
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
  readonly upgrade: (
    request: ApiRequest,
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ) => Promise<void>;
  close(): Promise<void>;
}

export function assemble(
  options: ApiServerOptions & { serviceCidr: string },
  credentials: ClusterCredentials,
  clock: Clock,
): Assembly {
  const log = options.log ?? silentLog;
  const store = Store.open(join(options.stateDir, 'store'), {
    ...(options.watchHistory && { history: options.watchHistory }),
  });
  store.onFailure((error) => log.error('the store failed', { error }));
  const today = builtinVersions();
  const retired = options.profile === 'api' ? [] : retiredVersions(today);
  const registry = new Registry([...today, ...retired]);
  const allocation = new ServiceAllocation({
    serviceCidr: options.serviceCidr,
    nodePortRange: options.nodePortRange ?? [30000, 32767],
  });
  for (const entry of store.collection('services').entries())
    allocation.released('services', undefined, entry.object);
  store.watch('services', store.version, (event) =>
    allocation.released(
      'services',
      event.previous?.object,
      event.type === 'DELETED' ? undefined : event.entry.object,
    ),
  );
  const core: Core = {
    registry,
    store,
    clock,
    log,
    allocation,
    admission: createAdmission(),
    kinds: new KindCache((served) =>
      builtinKind({ group: served.group, version: served.version, kind: served.resource.kind }),
    ),
    tokens: new TokenIssuer(credentials.tokenKey, clock, store),
    node: new NodeConnection(options.nodeSocketPath),
  };
  const routes: Routes = {
    core,
    authorize: createAuthorize(() => store),
    discovery: new Discovery(core),
    openApi: new OpenApi(core, () => definitions.compiled()),
  };
  const handle = (request: ApiRequest) => handleRequest(routes, request);
  // Definitions come in bundles: their APIServices follow together.
  let pending: NodeJS.Immediate | undefined;
  registry.onChange = () => {
    pending ??= setImmediate(() => {
      pending = undefined;
      syncApiServices(core);
    });
  };
  const definitions = new DefinitionManager(core, new LocalKubeClient(handle, internalUser));
  const stopQuota = keepQuotaStatus(core);
  const stopExpiry = expireEvents(core);
  registry.onChange();
  return {
    core,
    handle,
    async upgrade(given, incoming, socket, head) {
      const request = actingRequest(routes.authorize, given);
      if (await passUpgrade(core, core.node, routes.authorize, request, incoming, socket, head)) return;
      sendRaw(socket, await handle(request));
    },
    close() {
      registry.onChange = () => {};
      clearImmediate(pending);
      definitions.close();
      stopQuota();
      stopExpiry();
      return store.close();
    },
  };
}
