import type http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerJson, portArgument, readAll, serve } from '../../../shared/serve.ts';

const version = process.env.SERVICE_VERSION || 'v1';
const minute = 60_000;
const posted = new Map<number, unknown>();
const started = Date.now();

serve(portArgument(9080), `ratings ${version}`, async (request, response, url) => {
  if (url.pathname === '/health') return answerHealth(response);
  const match = /^\/ratings\/([^/]*)$/.exec(url.pathname);
  if (!match) return answerJson(response, 404, { error: 'not found' });
  const id = Number.parseInt(match[1]!, 10);
  if (Number.isNaN(id)) return answerJson(response, 400, { error: 'please provide numeric product ID' });
  if (request.method === 'POST') return store(request, response, id);
  if (request.method !== 'GET') return answerJson(response, 405, { error: 'method not allowed' });
  if (version === 'v2') return answerJson(response, 500, { error: 'could not connect to ratings database' });
  if (isRefusing()) return answerJson(response, 503, { error: 'Service unavailable' });
  if (version === 'v-delayed' && Math.random() < 0.5) await delay(7000);
  answerJson(response, 200, ratingsOf(id));
});

function ratingsOf(id: number): object {
  return { id, ratings: posted.get(id) ?? { Reviewer1: 5, Reviewer2: 4 } };
}

async function store(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  id: number,
): Promise<void> {
  if (version === 'v2') {
    return answerJson(response, 501, { error: 'Post not implemented for database backed ratings' });
  }
  try {
    posted.set(id, JSON.parse((await readAll(request)).toString('utf8')));
  } catch {
    return answerJson(response, 400, { error: 'please provide valid ratings JSON' });
  }
  // Memory stays small whatever is posted.
  if (posted.size > 1000) posted.delete(posted.keys().next().value!);
  answerJson(response, 200, ratingsOf(id));
}

/** The versions that exist to fail: by chance, in turns of a minute, or in turns of fifteen. */
function isRefusing(): boolean {
  if (version === 'v-faulty') return Math.random() < 0.5;
  if (version === 'v-unavailable') return isOddTurn(minute);
  return version === 'v-unhealthy' && isOddTurn(15 * minute);
}

function isOddTurn(length: number): boolean {
  return Math.floor((Date.now() - started) / length) % 2 === 1;
}

function answerHealth(response: http.ServerResponse): void {
  const healthy = version !== 'v-unhealthy' || !isOddTurn(15 * minute);
  if (healthy) answerJson(response, 200, { status: 'Ratings is healthy' });
  else answerJson(response, 500, { status: 'Ratings is not healthy' });
}
