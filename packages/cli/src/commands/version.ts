import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { formatStructured } from '../output/structured.ts';
import type { CommandModule } from './index.ts';
import { example } from './name-option.ts';

export const version: CommandModule = {
  programs: ['lateen', 'istioctl'],
  register(root, context) {
    root
      .command('version')
      .description('print the version')
      .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']))
      .option('-s, --short', 'the number alone', false)
      .option('--remote', "accepted for istioctl's sake; control plane and client are one release", false)
      .addHelpText('after', example(`${context.program} version`))
      .action((options) => {
        const { version: number } = JSON.parse(
          readFileSync(path.join(context.projectRoot, 'package.json'), 'utf8'),
        );
        const value = { clientVersion: { version: number, node: process.version } };
        if (options.output) context.out(formatStructured(value, options.output));
        else context.out(options.short ? `${number}\n` : `client version: ${number}\n`);
      });
  },
};
