import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Core } from '../core.ts';
import type { Authorize } from '../engine/dispatch.ts';
import { statusResponse } from '../engine/respond.ts';
import { createScope } from '../engine/scope.ts';
import { ApiError, forbidden, internal } from '../errors.ts';
import { sendRaw } from '../http/listen.ts';
import { type ApiRequest, parseResourcePath } from '../request.ts';
import type { NodeConnection } from './node.ts';
import { nodePath } from './target.ts';

const streaming: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

/** Headers that are about this connection or this server only. */
const dropped: ReadonlySet<string> = new Set(['host', 'authorization', 'content-length']);

/**
 * Connects an upgraded client (WebSocket, SPDY) with the node, byte for byte. False when the request is none of those
 * that need it.
 */
export async function passUpgrade(
  core: Core,
  node: NodeConnection,
  authorize: Authorize,
  request: ApiRequest,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<boolean> {
  const path = parseResourcePath(request.path);
  if (path?.plural !== 'pods' || !streaming.has(path.subresource)) return false;
  const served = core.registry.find(path.group, path.version, path.plural);
  if (!served) return false;
  try {
    const refusal = authorize(request, path, 'create');
    if (refusal !== undefined) throw forbidden({ group: '', resource: 'pods' }, path.name, refusal);
    const target = nodePath(createScope(core, request, path, served));
    const upstream = await node.connect();
    upstream.write(requestHead(incoming, target));
    if (head.length > 0) upstream.write(head);
    join(socket, upstream);
  } catch (error) {
    const failure = error instanceof ApiError ? error : internal((error as Error).message);
    sendRaw(socket, statusResponse(request, failure.toStatus()));
  }
  return true;
}

function requestHead(incoming: IncomingMessage, path: string): string {
  const lines = [`${incoming.method} ${path} HTTP/1.1`, 'Host: node'];
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    const name = incoming.rawHeaders[at]!;
    const value = incoming.rawHeaders[at + 1]!;
    const lower = name.toLowerCase();
    if (dropped.has(lower) || lower.startsWith('impersonate-')) continue;
    lines.push(`${name}: ${lower === 'sec-websocket-protocol' ? withoutToken(value) : value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function withoutToken(protocols: string): string {
  const kept = protocols
    .split(',')
    .filter((text) => !text.trim().startsWith('base64url.bearer.authorization.k8s.io.'));
  return kept.join(',').trim();
}

/** Passes bytes both ways; either end's close closes the other. */
export function join(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!to.writableEnded) to.end();
    });
  }
}
