import { createReadStream, existsSync, readdirSync, statSync, watchFile } from 'node:fs';
import path from 'node:path';
import { clusterFiles } from '../cluster/files.ts';
import { CommandError } from '../context.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

export const logs: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('logs')
      .description('print the log of a part of the cluster itself; pods have kubectl logs')
      .argument('<component>', 'daemon, api-server or node')
      .addOption(nameOption())
      .option('-f, --follow', 'go on with what is added', false)
      .addHelpText('after', example('lateen logs api-server', 'lateen logs node -f'))
      .action(async (component, options) => {
        const files = clusterFiles(options.name, context.env);
        const file = path.join(files.logs, `${component}.log`);
        if (!existsSync(file)) throw new CommandError(noSuchLog(files.logs, component), 2);
        const size = await copy(file, 0, context.out);
        if (options.follow) follow(file, size, context.out);
      });
  },
};

function noSuchLog(dir: string, component: string): string {
  const names = existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith('.log'))
        .map((name) => name.slice(0, -4))
    : [];
  return names.length === 0
    ? `no logs in ${dir}: the cluster does not run`
    : `${component}: no such component; there are ${names.join(', ')}`;
}

function copy(file: string, from: number, out: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let at = from;
    createReadStream(file, { start: from })
      .on('data', (chunk) => {
        at += chunk.length;
        out(chunk.toString());
      })
      .on('end', () => resolve(at))
      .on('error', reject);
  });
}

function follow(file: string, from: number, out: (text: string) => void): void {
  let at = from;
  let busy = false;
  watchFile(file, { interval: 200 }, async () => {
    if (busy) return;
    busy = true;
    if (statSync(file, { throwIfNoEntry: false })?.size ?? 0 < at) at = 0;
    at = await copy(file, at, out);
    busy = false;
  });
}
