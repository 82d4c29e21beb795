import type { KubeObject } from '@lateen/kube/types';
import { parseJson } from '../../schema/decode/json.ts';
import { ApiError, badRequest, gone, notFound } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import { requestPredicate } from '../selectors.ts';
import type { Entry } from '../store/entry.ts';
import { renderTable } from '../table/render.ts';
import { checkListOptions } from './list-options.ts';
import { negotiate } from './negotiate.ts';
import { parseInteger } from './options.ts';
import { encodeBody, objectResponse, partialMetadata, wantsIndent, warningHeaders } from './respond.ts';
import { apiVersion, encodeEntry, type Scope, storedToWire } from './scope.ts';

export function findEntry(scope: Scope): Entry {
  const { resource, path } = scope;
  const entry = scope.core.store.collection(resource.storage).get(path.namespace, path.name);
  if (!entry) throw notFound(scope.about, path.name);
  return entry;
}

export function getObject(scope: Scope): ApiResponse {
  const wanted = scope.request.query.get('resourceVersion') ?? '';
  if (wanted !== '' && !/^\d+$/.test(wanted)) throw invalidVersion(wanted);
  const entry = findEntry(scope);
  return objectResponse(scope, 200, storedToWire(scope.served, entry.object), () =>
    encodeEntry(scope.served, entry),
  );
}

/** Items of built-in lists are encoded without the kind and version that the list has. */
function encodeItem(scope: Scope, entry: Entry): string {
  const json = encodeEntry(scope.served, entry);
  const head = `{"kind":${JSON.stringify(scope.resource.kind)},"apiVersion":${JSON.stringify(apiVersion(scope))},`;
  return !scope.resource.custom && json.startsWith(head) ? `{${json.slice(head.length)}` : json;
}

interface Page {
  readonly entries: Entry[];
  readonly version: number;
  readonly next: string | undefined;
  readonly remaining: number | undefined;
}

export function predicateOf(scope: Scope): ((object: KubeObject) => boolean) | undefined {
  return requestPredicate(scope.request.query, scope.served);
}

export function listObjects(scope: Scope): ApiResponse {
  const representation = negotiate(scope.request.headers.accept, scope.resource.custom);
  checkListOptions(scope.request.query, false);
  const page = readPage(scope);
  const headers = { 'Content-Type': representation.contentType, ...warningHeaders(scope.warnings) };
  const metadata = {
    resourceVersion: String(page.version),
    ...((page.next !== undefined || scope.resource.custom) && { continue: page.next ?? '' }),
    ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
  };
  const respond = (value: unknown): ApiResponse => ({
    status: 200,
    headers,
    body: encodeBody(scope.request, value, representation.yaml),
  });
  const objects = () => page.entries.map((entry) => storedToWire(scope.served, entry.object));
  if (representation.as === 'table')
    return respond(renderTable(scope, objects(), representation.version, metadata));
  if (representation.as === 'partial') {
    const items = objects().map((object) => partialMetadata(object, representation.version));
    const version = `meta.k8s.io/${representation.version}`;
    return respond({ kind: 'PartialObjectMetadataList', apiVersion: version, metadata, items });
  }
  const list = { kind: scope.resource.listKind, apiVersion: apiVersion(scope), metadata };
  if (representation.yaml || wantsIndent(scope.request)) return respond({ ...list, items: objects() });
  const items = page.entries.map((entry) => encodeItem(scope, entry)).join(',');
  return { status: 200, headers, body: `${JSON.stringify(list).slice(0, -1)},"items":[${items}]}\n` };
}

function readPage(scope: Scope): Page {
  const { query } = scope.request;
  const limit = parseInteger(query.get('limit') || '0');
  const token = query.get('continue') || undefined;
  checkVersion(scope, token);
  const start = token === undefined ? undefined : readToken(token);
  const predicate = predicateOf(scope);
  const collection = scope.core.store.collection(scope.resource.storage);
  const entries: Entry[] = [];
  let more = 0;
  for (const entry of collection.entries(scope.path.namespace || undefined, start?.after)) {
    if (predicate && !predicate(entry.object)) continue;
    if (limit > 0 && entries.length >= limit) more++;
    else entries.push(entry);
    if (more > 0 && predicate) break;
  }
  const version = start?.version ?? scope.core.store.version;
  if (more === 0) return { entries, version, next: undefined, remaining: undefined };
  const next = writeToken({ version, after: entries.at(-1)!.key });
  return { entries, version, next, remaining: predicate ? undefined : more };
}

/** A list may ask for a version that is not older than, or exactly, one; the future is refused. */
function checkVersion(scope: Scope, token: string | undefined): void {
  const { query } = scope.request;
  const wanted = query.get('resourceVersion') ?? '';
  if (wanted === '' || wanted === '0') return;
  if (!/^\d+$/.test(wanted)) throw invalidVersion(wanted);
  if (token !== undefined) throw badRequest('specifying resource version is not allowed when using continue');
  const current = scope.core.store.version;
  if (Number(wanted) > current) throw tooLarge(Number(wanted), current);
  if (query.get('resourceVersionMatch') === 'Exact' && Number(wanted) < current) {
    throw gone(`The resourceVersion for the provided list is too old.`);
  }
}

/** Not a number: an error without a reason, as Kubernetes has it. */
export function invalidVersion(wanted: string): ApiError {
  const text = JSON.stringify(wanted);
  return new ApiError(
    500,
    '',
    `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`,
  );
}

export function tooLarge(wanted: number, current: number): Error {
  const text = 'Too large resource version';
  return new ApiError(504, 'Timeout', `Timeout: ${text}: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: text }],
    retryAfterSeconds: 1,
  });
}

interface Token {
  readonly version: number;
  readonly after: string;
}

function writeToken(token: Token): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.version, start: token.after });
  return Buffer.from(text).toString('base64url');
}

function readToken(text: string): Token {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const json = Buffer.from(text, 'base64url').toString('utf8');
  let value: any;
  try {
    value = parseJson(json).value;
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (typeof value?.rv === 'number' && typeof value.start === 'string')
    return { version: value.rv, after: value.start };
  throw refuse('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}
