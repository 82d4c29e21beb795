import { findEntry } from '../engine/read.ts';
import type { Scope } from '../engine/scope.ts';
import { ApiError, badRequest, invalid } from '../errors.ts';
import type { ApiResponse } from '../request.ts';
import type { NodeConnection } from './node.ts';
import { containerOf } from './target.ts';

const passed = ['follow', 'previous', 'tailLines', 'timestamps', 'sinceSeconds', 'sinceTime', 'limitBytes'];

/** A container's log, from the node. */
export async function readLog(scope: Scope, node: NodeConnection): Promise<ApiResponse> {
  const { query } = scope.request;
  const pod = findEntry(scope).object;
  checkOptions(query);
  const container = containerOf(pod, query.get('container'));
  const headers = { 'Content-Type': 'text/plain' };
  if (!pod.spec?.nodeName) return { status: 204, headers: {}, body: '' };
  const options = new URLSearchParams();
  for (const name of passed) {
    const value = query.get(name);
    if (value !== null) options.set(name, value);
  }
  const { namespace, name } = pod.metadata;
  const path = `/containerLogs/${namespace}/${name}/${container}?${options}`;
  const answer = await node.get(path, scope.request.signal);
  if (answer.statusCode === 200) return { status: 200, headers, body: answer };
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (answer.statusCode === 400) throw badRequest(text);
  throw new ApiError(
    answer.statusCode ?? 500,
    answer.statusCode === 404 ? 'NotFound' : 'InternalError',
    text,
  );
}

function checkOptions(query: URLSearchParams): void {
  for (const field of ['tailLines', 'limitBytes', 'sinceSeconds']) {
    const value = query.get(field);
    if (value === null) continue;
    const least = field === 'tailLines' ? 0 : 1;
    if (/^-?\d+$/.test(value) && Number(value) >= least) continue;
    const message = `Invalid value: ${value}: must be greater than ${field === 'tailLines' ? 'or equal to 0' : '0'}`;
    throw invalid({ group: '', kind: 'PodLogOptions' }, '', [
      { reason: 'FieldValueInvalid', field, message },
    ]);
  }
}
