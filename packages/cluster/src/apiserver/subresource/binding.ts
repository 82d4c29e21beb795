import type { KubeObject } from '@lateen/kube/types';
import { builtinKind, decodeStrict } from '../../schema/index.ts';
import { readObject } from '../engine/body.ts';
import { writeOptions } from '../engine/options.ts';
import { findEntry } from '../engine/read.ts';
import { statusResponse } from '../engine/respond.ts';
import { createScope, type Scope } from '../engine/scope.ts';
import { changeStored, timestamp } from '../engine/write.ts';
import { badRequest, conflict, fromFailure } from '../errors.ts';
import type { ApiResponse } from '../request.ts';

/** Gives a pod its node, as a scheduler asks for it. */
export async function createBinding(given: Scope): Promise<ApiResponse> {
  const options = writeOptions('CreateOptions', given.request.query, given.request.headers['user-agent']);
  const kind = builtinKind({ group: '', version: 'v1', kind: 'Binding' })!;
  const decoded = decodeStrict(kind, (await readObject(given.request)) ?? '', options.fieldValidation);
  if (decoded.error) throw fromFailure(decoded.error);
  const target = decoded.object!.target?.name;
  if (!target) throw badRequest('target.name is required');
  const scope = podScope(given, decoded.object!.metadata?.name ?? given.path.name);
  const bind = (pod: KubeObject) => {
    if (pod.metadata.deletionTimestamp) {
      throw conflict(
        { group: '', resource: 'pods/binding' },
        scope.path.name,
        `pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`,
      );
    }
    if (pod.spec.nodeName) {
      throw conflict(
        { group: '', resource: 'pods/binding' },
        scope.path.name,
        `pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
      );
    }
    pod.spec.nodeName = target;
    const annotations = { ...pod.metadata.annotations, ...decoded.object!.metadata?.annotations };
    if (Object.keys(annotations).length > 0) pod.metadata.annotations = annotations;
    const scheduled = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(scope),
    };
    pod.status = {
      ...pod.status,
      conditions: [
        ...(pod.status?.conditions ?? []).filter((one: any) => one.type !== 'PodScheduled'),
        scheduled,
      ],
    };
    return pod;
  };
  await changeStored(scope, () => findEntry(scope), bind, options.dryRun);
  return statusResponse(scope.request, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    code: 201,
  });
}

/** Bindings are also created as such, with the pod's name in the body. */
function podScope(scope: Scope, name: string): Scope {
  if (scope.resource.storage === 'pods') return scope;
  const served = scope.core.registry.find('', 'v1', 'pods')!;
  return createScope(
    scope.core,
    scope.request,
    { ...scope.path, plural: 'pods', name, subresource: 'binding' },
    served,
  );
}
