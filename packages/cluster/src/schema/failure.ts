import type { ApiFailure, FieldError, GroupVersionKind } from './types.ts';

/** A 422 with all causes, worded as kube-apiserver words it. */
export function invalid(
  gvk: Pick<GroupVersionKind, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): ApiFailure {
  const kind = gvk.group === '' ? gvk.kind : `${gvk.kind}.${gvk.group}`;
  return {
    code: 422,
    reason: 'Invalid',
    message: `${kind} ${JSON.stringify(name)} is invalid: ${summary(errors)}`,
    details: { name, group: gvk.group, kind: gvk.kind, causes: errors },
  };
}

/** Several errors in one line: duplicates once, more than one in brackets. */
export function summary(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

export function badRequest(message: string): ApiFailure {
  return { code: 400, reason: 'BadRequest', message };
}

/** The Status object that answers a refused request. */
export function failureStatus(failure: ApiFailure): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: failure.message,
    reason: failure.reason,
    ...(failure.details === undefined ? {} : { details: statusDetails(failure.details) }),
    code: failure.code,
  };
}

function statusDetails(details: NonNullable<ApiFailure['details']>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (details.name) out.name = details.name;
  if (details.group) out.group = details.group;
  if (details.kind) out.kind = details.kind;
  if (details.causes?.length) out.causes = details.causes;
  return out;
}
