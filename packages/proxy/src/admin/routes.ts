import { type Command, commands } from './commands.ts';
import type { LoggingLevels } from './logging.ts';
import { type AdminReply, text } from './reply.ts';
import type { AdminTarget } from './target.ts';

/** Answers requests by path. */
export class AdminRoutes {
  private readonly byPath: ReadonlyMap<string, Command>;
  private readonly target: AdminTarget;

  constructor(target: AdminTarget, logging: LoggingLevels) {
    this.target = target;
    const own: readonly Command[] = [
      {
        path: '/',
        help: 'Admin home page',
        handle: () => ({ status: 200, type: 'text/html; charset=UTF-8', body: this.home() }),
      },
      { path: '/help', help: 'print out list of admin commands', handle: () => text(this.help()) },
      {
        path: '/logging',
        help: 'query/change logging levels',
        post: true,
        handle: (_target, request) => logging.handle(request),
      },
    ];
    const all = [...own, ...commands].sort((a, b) => (a.path < b.path ? -1 : 1));
    this.byPath = new Map(all.map((command) => [command.path, command]));
  }

  answer(method: string, url: string): AdminReply {
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1).replaceAll('+', '%2B'));
    const command = this.byPath.get(path);
    if (!command) return text(`invalid path. ${this.help()}`, 404);
    if (command.post && method !== 'POST') return text(`Method ${method} not allowed, POST required.`, 405);
    return command.handle(this.target, { method, path, query });
  }

  private help(): string {
    const lines = [...this.byPath.values()].map(
      ({ path, help, post }) => `  ${path}${post ? ' (POST)' : ''}: ${help}\n`,
    );
    return `admin commands are:\n${lines.join('')}`;
  }

  private home(): string {
    const rows = [...this.byPath.values()].map(({ path, help, post }) => {
      const name = path === '/' ? '/' : path.slice(1);
      const cell = post
        ? `<form action='${name}' method='post'><button>${name}</button></form>`
        : `<a href='${name}'>${name}</a>`;
      return `<tr><td>${cell}</td><td>${help.replaceAll('<', '&lt;')}</td></tr>\n`;
    });
    return `<!DOCTYPE html>\n<html lang='en'>\n<head><title>Lateen proxy</title></head>\n<body>\n<table>\n${rows.join('')}</table>\n</body>\n</html>\n`;
  }
}
