import { builtinKind, decodeStrict } from '../../schema/index.ts';
import { readObject } from '../engine/body.ts';
import { writeOptions } from '../engine/options.ts';
import { findEntry } from '../engine/read.ts';
import { objectResponse } from '../engine/respond.ts';
import type { Scope } from '../engine/scope.ts';
import { badRequest, conflict, fromFailure, invalid, notFound } from '../errors.ts';
import type { ApiResponse } from '../request.ts';

const hour = 3600;

/** Issues a token for a service account. */
export async function createToken(scope: Scope): Promise<ApiResponse> {
  const options = writeOptions('CreateOptions', scope.request.query, scope.request.headers['user-agent']);
  const account = findEntry(scope).object;
  const kind = builtinKind({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' })!;
  const decoded = decodeStrict(kind, (await readObject(scope.request)) ?? '', options.fieldValidation);
  if (decoded.error) throw fromFailure(decoded.error);
  const request = decoded.object!;
  const { boundObjectRef, audiences } = request.spec ?? {};
  const seconds = request.spec?.expirationSeconds ?? hour;
  if (seconds < 600) {
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      {
        reason: 'FieldValueInvalid',
        field: 'spec.expirationSeconds',
        message: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      },
    ]);
  }
  const bound = boundObjectRef && boundObject(scope, boundObjectRef);
  const tokens = scope.core.tokens;
  const wanted = audiences?.length ? audiences : [tokens.issuer];
  const issued = tokens.issue({ account, audiences: wanted, seconds: Math.min(seconds, 2 ** 32), bound });
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name: account.metadata.name!,
      namespace: account.metadata.namespace!,
      creationTimestamp: issued.issuedAt,
    },
    spec: { audiences: wanted, expirationSeconds: seconds, boundObjectRef: boundObjectRef ?? null },
    status: { token: issued.token, expirationTimestamp: issued.expiresAt },
  };
  return objectResponse(scope, 201, answer);
}

interface Reference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

function boundObject(scope: Scope, reference: Reference): { kind: string; name: string; uid: string } {
  const plural = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[reference.kind ?? ''];
  if (!plural) throw badRequest(`cannot bind token for serviceaccount to object ${reference.kind}`);
  const namespace = plural === 'nodes' ? '' : scope.path.namespace;
  const entry = scope.core.store.collection(plural).get(namespace, reference.name ?? '');
  if (!entry) throw notFound({ group: '', resource: plural }, reference.name ?? '');
  const { uid } = entry.object.metadata;
  if (reference.uid && reference.uid !== uid) {
    const why = `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource: plural }, reference.name!, why);
  }
  return { kind: reference.kind!, name: reference.name!, uid: uid! };
}
