import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@lateen/kube/types';
import type { Attributes } from '../engine/attributes.ts';
import { storedToWire, workToStored, workToWire } from '../engine/scope.ts';
import { ApiError } from '../errors.ts';
import { WebhookFailure } from './call.ts';
import type { Match, Webhook } from './select.ts';

export interface Answer {
  readonly patch: string | undefined;
  readonly warnings: readonly string[];
}

/** The AdmissionReview that a webhook gets. */
export function makeReview(
  hook: Webhook,
  match: Match,
  attributes: Attributes,
): { uid: string; review: { request: Record<string, unknown> } } {
  const uid = randomUUID();
  const { served, operation, user, dryRun, options, subresource, namespace, name } = attributes;
  const version =
    (hook.admissionReviewVersions ?? []).find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';
  const { kind, plural } = served.resource;
  const requested = { group: served.group, version: served.version };
  const review = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      kind: { ...match, kind },
      resource: { ...match, resource: plural },
      ...(subresource && { subResource: subresource, requestSubResource: subresource }),
      requestKind: { ...requested, kind },
      requestResource: { ...requested, resource: plural },
      ...(name && { name }),
      ...(namespace && { namespace }),
      operation,
      userInfo: {
        username: user.name,
        ...(user.uid && { uid: user.uid }),
        groups: user.groups,
        ...(user.extra && { extra: user.extra }),
      },
      object: inVersion(attributes, attributes.object, match),
      oldObject: inVersion(attributes, attributes.old, match),
      dryRun,
      options,
    },
  };
  return { uid, review };
}

function inVersion(attributes: Attributes, object: KubeObject | undefined, match: Match): KubeObject | null {
  if (!object) return null;
  const { served, core } = attributes;
  if (match.group === served.group && match.version === served.version) return workToWire(served, object);
  const other = core.registry.find(match.group, match.version, served.resource.plural);
  return other ? storedToWire(other, workToStored(served, object)) : object;
}

/** Reads the answer: a refusal is thrown as an ApiError, a malformed answer as a WebhookFailure. */
export function readAnswer(hook: Webhook, uid: string, answer: any): Answer {
  const response = answer?.response;
  if (!response) throw new WebhookFailure('received invalid webhook response: expected response, got nil');
  if (response.uid !== uid) {
    throw new WebhookFailure(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    );
  }
  if (!response.allowed) throw denial(hook, response.status);
  const { patch, patchType, warnings = [] } = response;
  if (patch && patchType && patchType !== 'JSONPatch') {
    throw new WebhookFailure(
      `received invalid webhook response: unsupported patchType ${JSON.stringify(patchType)}`,
    );
  }
  return { patch: patch ? Buffer.from(patch, 'base64').toString('utf8') : undefined, warnings };
}

function denial(hook: Webhook, status: any): ApiError {
  const deniedBy = `admission webhook ${JSON.stringify(hook.name)} denied the request`;
  const why = status?.message || status?.reason;
  const code = status?.code >= 400 ? status.code : 400;
  const text = why ? `${deniedBy}: ${why}` : `${deniedBy} without explanation`;
  return new ApiError(
    code,
    status?.reason && status.reason !== 'Success' ? status.reason : '',
    text,
    status?.details,
  );
}
