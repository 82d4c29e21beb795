import { type AdminReply, text } from './reply.ts';
import type { AdminRequest } from './request.ts';

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
const loggers = [
  'admin',
  'client',
  'config',
  'connection',
  'conn_handler',
  'dns',
  'file',
  'filter',
  'hc',
  'http',
  'init',
  'main',
  'misc',
  'pool',
  'router',
  'runtime',
  'stats',
  'tcp',
  'upstream',
];

/** Levels by logger, as `/logging` shows and changes them. */
export class LoggingLevels {
  private readonly levels: Map<string, string>;

  constructor(initial: string) {
    const level = initial === 'warn' ? 'warning' : initial;
    this.levels = new Map(loggers.map((name) => [name, level]));
  }

  private list(): string {
    return `active loggers:\n${[...this.levels].map(([name, level]) => `  ${name}: ${level}\n`).join('')}\n`;
  }

  private change(query: URLSearchParams): string | undefined {
    const entries = [...query];
    if (entries.length > 1) return 'invalid parameter';
    const [name, value] = entries[0] ?? [];
    if (name === undefined || value === undefined || value === '') return undefined;
    const pairs = name === 'paths' ? value.split(',').map((pair) => pair.split(':')) : [[name, value]];
    for (const [logger = '', level = ''] of pairs) {
      if (!levels.includes(level)) return 'unknown logger level';
      if (logger === 'level') for (const known of this.levels.keys()) this.levels.set(known, level);
      else if (this.levels.has(logger)) this.levels.set(logger, level);
      else return 'unknown logger name';
    }
    return undefined;
  }

  handle({ query }: AdminRequest): AdminReply {
    const error = this.change(query);
    if (error === undefined) return text(this.list());
    const usage = [
      `error: ${error}\n`,
      'usage: /logging?<name>=<level> (change single level)',
      'usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)',
      'usage: /logging?level=<level> (change all levels)',
      'usage: /logging?group=<group_name>:<level> (change group of loggers)',
      `levels: ${levels.join(' ')} `,
    ];
    return text(`${usage.join('\n')}\n${this.list()}`, 400);
  }
}
