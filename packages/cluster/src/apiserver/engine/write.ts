import type { KubeObject } from '@lateen/kube/types';
import { objectWarnings, trackManagedFields } from '../../schema/index.ts';
import { invalid } from '../errors.ts';
import type { Entry } from '../store/entry.ts';
import { StoreConflict } from '../store/store.ts';
import type { Attributes, Operation } from './attributes.ts';
import { canonical } from './canonical.ts';
import { cloneJson } from './clone.ts';
import type { WriteOptions } from './options.ts';
import { type Scope, workToStored } from './scope.ts';

/** Now, as metadata has it: RFC 3339 in whole seconds. */
export function timestamp(scope: { core: Scope['core'] }): string {
  return `${new Date(scope.core.clock.now()).toISOString().slice(0, 19)}Z`;
}

export function attributesOf(
  scope: Scope,
  operation: Operation,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  options: WriteOptions,
): Attributes {
  const kind = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' }[
    operation
  ];
  return {
    core: scope.core,
    operation,
    served: scope.served,
    kind: scope.kind,
    subresource: scope.path.subresource,
    namespace: scope.path.namespace,
    name: object?.metadata.name ?? scope.path.name,
    user: scope.request.user,
    dryRun: options.dryRun,
    object,
    old,
    options: {
      kind,
      apiVersion: 'meta.k8s.io/v1',
      ...(options.dryRun && { dryRun: ['All'] }),
      ...(operation !== 'DELETE' && {
        fieldManager: options.fieldManager,
        fieldValidation: options.fieldValidation,
      }),
    },
    warnings: scope.warnings,
  };
}

/** Throws a 422 with everything that validation has against the object; notes what it is warned about. */
export function validateOrThrow(scope: Scope, object: KubeObject, old?: KubeObject): void {
  const errors = scope.kind.validate(object, old, scope.path.subresource || undefined);
  if (errors.length > 0) throw invalid(scope.kind.gvk, object.metadata.name ?? '', errors);
  if (scope.path.subresource === '') scope.warnings.push(...objectWarnings(scope.kind, object, old));
}

export function track(
  scope: Scope,
  before: KubeObject | undefined,
  after: KubeObject,
  options: WriteOptions,
): KubeObject {
  if (scope.request.headers['content-type']?.startsWith('application/apply-patch')) return after;
  const { subresource } = scope.path;
  return trackManagedFields({
    kind: scope.kind,
    ...(before && { before }),
    after,
    manager: options.fieldManager,
    ...(subresource && { subresource }),
    time: timestamp(scope),
  });
}

/** Stores what the engine worked on; resolves when it is durable. A dry run only looks as if. */
export async function storeObject(
  scope: Scope,
  object: KubeObject,
  expected: Entry | undefined,
  dryRun: boolean,
): Promise<KubeObject> {
  const stored = workToStored(scope.served, object);
  if (dryRun) return stored;
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name! };
  const { entry, durable } = scope.core.store.put(scope.resource.storage, key, expected, (resourceVersion) =>
    canonical(stored, resourceVersion),
  );
  await durable;
  return entry.object;
}

/** Changes a stored object without asking anybody: what the API server itself decides. */
export async function changeStored(
  scope: Scope,
  read: () => Entry,
  change: (object: KubeObject) => KubeObject,
  dryRun: boolean,
): Promise<KubeObject> {
  for (;;) {
    const entry = read();
    const changed = change(cloneJson(entry.object));
    if (dryRun) return changed;
    try {
      const { entry: written, durable } = scope.core.store.put(
        scope.resource.storage,
        entry,
        entry,
        (version) => canonical(changed, version),
      );
      await durable;
      return written.object;
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}
