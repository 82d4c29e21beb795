import type { Attributes } from '../engine/attributes.ts';
import { ApiError, forbidden, notFound, qualified } from '../errors.ts';

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is not there or is about to go. */
export function namespaceLifecycle(attributes: Attributes): void {
  const { core, operation, served, namespace, name } = attributes;
  const { resource } = served;
  if (operation === 'DELETE' && resource.storage === 'namespaces' && immortal.has(name)) {
    throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted');
  }
  if (operation === 'CREATE' && resource.terminating) {
    const why = 'create not allowed while custom resource definition is terminating';
    throw forbidden({ group: served.group, resource: resource.plural }, name, why);
  }
  if (!resource.namespaced || operation !== 'CREATE') return;
  if (attributes.subresource !== '' || reviewKinds.has(resource.kind)) return;
  const found = core.store.collection('namespaces').get('', namespace);
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  if (!found.object.metadata.deletionTimestamp && found.object.status?.phase !== 'Terminating') return;
  const about = { group: served.group, resource: resource.plural };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new ApiError(403, 'Forbidden', `${qualified(about)} ${JSON.stringify(name)} is forbidden: ${why}`, {
    name,
    ...(served.group && { group: served.group }),
    kind: resource.plural,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

const reviewKinds: ReadonlySet<string> = new Set(['LocalSubjectAccessReview']);
