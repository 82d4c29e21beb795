import type { KubeObject } from '@lateen/kube/types';
import { decodeBody } from '../engine/create.ts';
import { writeOptions } from '../engine/options.ts';
import { objectResponse } from '../engine/respond.ts';
import type { Scope } from '../engine/scope.ts';
import { validateOrThrow } from '../engine/write.ts';
import type { ApiResponse } from '../request.ts';
import { createBinding } from '../subresource/binding.ts';
import { reviewAccess, reviewRules, reviewSelf, reviewToken } from './access.ts';

type Handler = (scope: Scope) => Promise<ApiResponse>;

/** A resource that is a question: what is created is answered, not stored. */
function review(answer: (scope: Scope, review: KubeObject) => KubeObject): Handler {
  return async (scope) => {
    const options = writeOptions('CreateOptions', scope.request.query, scope.request.headers['user-agent']);
    const object = await decodeBody(scope, options);
    validateOrThrow(scope, object);
    return objectResponse(scope, 201, answer(scope, object));
  };
}

const handlers: Readonly<Record<string, Handler>> = {
  'selfsubjectaccessreviews.authorization.k8s.io': review(reviewAccess),
  'subjectaccessreviews.authorization.k8s.io': review(reviewAccess),
  'localsubjectaccessreviews.authorization.k8s.io': review(reviewAccess),
  'selfsubjectrulesreviews.authorization.k8s.io': review(reviewRules),
  'tokenreviews.authentication.k8s.io': review(reviewToken),
  'selfsubjectreviews.authentication.k8s.io': review(reviewSelf),
  bindings: (scope) => createBinding(scope),
};

/** The handler of a resource of which nothing is stored. */
export function virtualHandler(storage: string): Handler | undefined {
  return handlers[storage];
}
