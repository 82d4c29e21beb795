import type { ProxyServer } from '../main/server.ts';
import { type AdminReply, text } from './reply.ts';
import { stats } from './stats.ts';

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

type Handler = (proxy: ProxyServer, request: AdminRequest) => AdminReply | Promise<AdminReply>;

const handlers: Readonly<Record<string, Handler>> = {
  '/ready': (proxy) => text(`${proxy.state}\n`, proxy.state === 'LIVE' ? 200 : 503),
  '/stats': stats,
};

/** Answers one request to the administration interface. */
export async function answer(proxy: ProxyServer, method: string, url: string): Promise<AdminReply> {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const handler = handlers[path];
  if (!handler) return text('invalid path. admin commands are:\n', 404);
  return handler(proxy, { method, path, query });
}
