import type { KubeObject } from '@lateen/kube/types';
import { applyPatch, builtinKind, decodeStrict, type KindSchema } from '../../schema/index.ts';
import { mediaType, readObject } from '../engine/body.ts';
import { type WriteOptions, writeOptions } from '../engine/options.ts';
import { findEntry } from '../engine/read.ts';
import { objectResponse } from '../engine/respond.ts';
import { type Scope, storedToWork } from '../engine/scope.ts';
import { changeObject } from '../engine/update.ts';
import {
  ApiError,
  badRequest,
  conflict,
  fromFailure,
  invalid,
  modified,
  unsupportedMediaType,
} from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import type { Column } from '../resource.ts';
import { selectorText } from '../table/format.ts';

interface Paths {
  readonly spec: readonly string[];
  readonly status: readonly string[];
  readonly selector?: readonly string[];
}

const builtinPaths: Paths = {
  spec: ['spec', 'replicas'],
  status: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

/** The `scale` subresource: the same few fields of every kind that has replicas. */
export async function handleScale(scope: Scope, verb: string): Promise<ApiResponse> {
  if (verb === 'get') return answer(scope, storedToWork(scope.served, findEntry(scope).object));
  const kind = verb === 'update' ? 'UpdateOptions' : 'PatchOptions';
  const options = writeOptions(kind, scope.request.query, scope.request.headers['user-agent']);
  const stored = await changeObject(scope, options, async (live) => {
    const before = toScale(scope, live);
    const wanted = await wantedScale(scope, verb, before, options);
    if (wanted.metadata.name && wanted.metadata.name !== scope.path.name) {
      throw badRequest(
        `the name of the object (${wanted.metadata.name}) does not match the name on the URL (${scope.path.name})`,
      );
    }
    const version = wanted.metadata.resourceVersion;
    if (version && version !== live.metadata.resourceVersion)
      throw conflict(scope.about, scope.path.name, modified);
    const replicas = wanted.spec?.replicas ?? 0;
    if (replicas < 0) {
      const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
      throw invalid({ group: 'autoscaling', kind: 'Scale' }, scope.path.name, [
        { reason: 'FieldValueInvalid', field: 'spec.replicas', message },
      ]);
    }
    setAt(live, pathsOf(scope).spec, replicas);
    return live;
  });
  return answer(scope, storedToWork(scope.served, stored));
}

async function wantedScale(
  scope: Scope,
  verb: string,
  before: KubeObject,
  options: WriteOptions,
): Promise<KubeObject> {
  const kind = scaleKind();
  const outcome =
    verb === 'update'
      ? decodeStrict(kind, (await readObject(scope.request)) ?? '', options.fieldValidation)
      : applyPatch({
          kind,
          live: before,
          type: patchType(scope),
          body: scope.request.body,
          fieldValidation: options.fieldValidation,
        });
  if (outcome.error) throw fromFailure(outcome.error);
  return outcome.object!;
}

function patchType(scope: Scope): 'json' | 'merge' | 'strategic' {
  switch (mediaType(scope.request)) {
    case 'application/json-patch+json':
      return 'json';
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/strategic-merge-patch+json':
      return 'strategic';
    default:
      throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json']);
  }
}

function scaleKind(): KindSchema {
  return builtinKind({ group: 'autoscaling', version: 'v1', kind: 'Scale' })!;
}

const scaleColumns: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Desired', type: 'integer', format: '', priority: 0 },
  { name: 'Available', type: 'integer', format: '', priority: 0 },
  { name: 'Age', type: 'string', format: '', priority: 0 },
];

function answer(scope: Scope, object: KubeObject): ApiResponse {
  const path = pathsOf(scope).spec;
  if (scope.served.custom && at(object, path) === undefined) {
    throw new ApiError(500, 'InternalError', `the spec replicas field "${path.join('.')}" does not exist`);
  }
  const { custom: _custom, ...served } = scope.served;
  const resource = { ...scope.resource, storage: 'scales.autoscaling' };
  const shown = { ...scope, resource, served: { ...served, columns: scaleColumns } };
  return objectResponse(shown, 200, toScale(scope, object));
}

function toScale(scope: Scope, object: KubeObject): KubeObject {
  const paths = pathsOf(scope);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, paths.spec);
  const selector = selectorOf(scope, object, paths);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: name!,
      ...(namespace && { namespace }),
      uid: uid!,
      resourceVersion: resourceVersion!,
      creationTimestamp: creationTimestamp!,
    },
    spec: replicas ? { replicas } : {},
    status: { replicas: at(object, paths.status) ?? 0, ...(selector && { selector }) },
  };
}

function selectorOf(scope: Scope, object: KubeObject, paths: Paths): string {
  const selector = paths.selector && at(object, paths.selector);
  if (typeof selector === 'string') return selector;
  if (!selector || scope.served.custom) return '';
  return selectorText(
    scope.resource.storage === 'replicationcontrollers' ? { matchLabels: selector } : selector,
  );
}

function pathsOf(scope: Scope): Paths {
  const scale = scope.served.custom?.scale;
  if (!scale) return builtinPaths;
  const split = (path: string) => path.split('.').filter((part) => part !== '');
  return {
    spec: split(scale.specReplicasPath),
    status: split(scale.statusReplicasPath),
    ...(scale.labelSelectorPath && { selector: split(scale.labelSelectorPath) }),
  };
}

function at(object: any, path: readonly string[]): any {
  let value = object;
  for (const part of path) value = value?.[part];
  return value;
}

function setAt(object: any, path: readonly string[], value: unknown): void {
  let place = object;
  for (const part of path.slice(0, -1)) {
    place[part] ??= {};
    place = place[part];
  }
  place[path.at(-1)!] = value;
}
