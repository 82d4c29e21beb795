import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createAuthority, issueCredential } from '@lateen/identity';
import { formatProblem, type Log, type Problem } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';

/** What the API server asks of an admission webhook. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly object: KubeObject;
}

export interface Admission {
  readonly allowed: boolean;
  readonly message?: string;
  readonly warnings?: readonly string[];
  /** JSON patch operations. */
  readonly patch?: readonly unknown[];
}

export interface WebhookHandlers {
  /** The pod as it is to be created instead; the same object when nothing is to be changed. `mesh` is the MeshConfig. */
  inject?(
    pod: KubeObject,
    namespace: string,
    mesh: Readonly<Record<string, any>>,
  ): { readonly pod: KubeObject; readonly problems: readonly Problem[] };
  validate?(object: KubeObject): readonly Problem[];
  /** The MeshConfig in force. */
  mesh?(): Readonly<Record<string, any>>;
}

const maxBody = 3 * 1024 * 1024;

function validation({ validate }: WebhookHandlers, request: AdmissionRequest): Admission {
  if (!validate || request.operation === 'DELETE' || !request.object) return { allowed: true };
  const problems = validate(request.object);
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  const warnings = problems.filter((problem) => problem.severity === 'warning').map(formatProblem);
  if (errors.length === 0) return { allowed: true, warnings };
  return { allowed: false, message: `configuration is invalid: ${errors.join('; ')}`, warnings };
}

function injection(handlers: WebhookHandlers, request: AdmissionRequest): Admission {
  const { inject } = handlers;
  if (!inject || !request.object) return { allowed: true };
  const namespace = request.object.metadata.namespace ?? request.namespace ?? 'default';
  const { pod, problems } = inject(request.object, namespace, handlers.mesh?.() ?? {});
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  if (errors.length > 0)
    return { allowed: false, message: `the sidecar cannot be injected: ${errors.join('; ')}` };
  return pod === request.object
    ? { allowed: true }
    : { allowed: true, patch: topLevelPatch(request.object, pod) };
}

/** Replaces what differs of metadata and spec, a field at a time. */
function topLevelPatch(from: KubeObject, to: KubeObject): unknown[] {
  const patch: unknown[] = [];
  for (const part of ['metadata', 'spec'] as const) {
    const [before, after] = [from[part] ?? {}, to[part] ?? {}] as Record<string, unknown>[];
    for (const key of new Set([...Object.keys(before!), ...Object.keys(after!)])) {
      const path = `/${part}/${key}`;
      if (after![key] === undefined) patch.push({ op: 'remove', path });
      else if (JSON.stringify(before![key]) !== JSON.stringify(after![key])) {
        patch.push({ op: before![key] === undefined ? 'add' : 'replace', path, value: after![key] });
      }
    }
  }
  return patch;
}

function respond(request: AdmissionRequest, { allowed, message, warnings, patch }: Admission): object {
  return {
    uid: request.uid,
    allowed,
    ...(message !== undefined && { status: { status: 'Failure', message, reason: 'Invalid', code: 400 } }),
    ...(warnings && warnings.length > 0 && { warnings }),
    ...(patch && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBody) throw new Error(`the request is larger than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function serve(
  handlers: WebhookHandlers,
  log: Log,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0]!;
  const judge = path.startsWith('/inject')
    ? injection
    : path.startsWith('/validate')
      ? validation
      : undefined;
  if (!judge) {
    response.writeHead(404).end();
    return;
  }
  try {
    const review = JSON.parse((await readBody(request)).toString());
    const answer = {
      apiVersion: review.apiVersion,
      kind: 'AdmissionReview',
      response: respond(review.request, judge(handlers, review.request)),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    log.error('an admission request could not be answered', { path, error: (error as Error).stack });
    response.writeHead(400).end(`${(error as Error).message}\n`);
  }
}

/** The HTTPS server of the webhooks, and the certificate of the authority that vouches for it, in PEM. */
export function createWebhookServer(
  handlers: WebhookHandlers,
  service: { name: string; namespace: string },
  now: number,
  log: Log,
): { server: Server; caBundle: string } {
  const authority = createAuthority('lateen webhooks', now);
  const host = `${service.name}.${service.namespace}`;
  const credential = issueCredential(authority, {
    subject: { commonName: `${host}.svc` },
    usages: ['server'],
    dnsNames: [`${host}.svc`, host, `${host}.svc.cluster.local`],
    now,
  });
  const server = createServer(
    { cert: credential.certificate, key: credential.privateKey },
    (request, response) => {
      void serve(handlers, log, request, response);
    },
  );
  return { server, caBundle: authority.certificate };
}
