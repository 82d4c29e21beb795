import { Option } from 'commander';
import { type ClusterStatus, daemonStatus } from '../cluster/daemon-client.ts';
import { clusterFiles } from '../cluster/files.ts';
import { CommandError } from '../context.ts';
import { formatStructured } from '../output/structured.ts';
import { formatTable } from '../output/table.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

export const status: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('status')
      .description('show every part of a cluster; exit code 0 when all is ready')
      .addOption(nameOption())
      .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']))
      .addHelpText('after', example('lateen status', 'lateen status -o json'))
      .action(async (options) => {
        const files = clusterFiles(options.name, context.env);
        const current = await daemonStatus(files);
        if (!current && !options.output) {
          throw new CommandError(
            `cluster ${files.name} does not run; start it with 'lateen up${nameFlag(files.name)}'`,
          );
        }
        const shown = current ?? { name: files.name, ready: false, components: [] };
        context.out(
          options.output
            ? formatStructured(publicStatus(shown), options.output)
            : `${statusTable(current!)}\n`,
        );
        if (!options.output)
          for (const warning of current?.warnings ?? []) context.err(`warning: ${warning}\n`);
        if (!shown.ready) throw new CommandError('', 1);
      });
  },
};

const nameFlag = (name: string) => (name === 'lateen' ? '' : ` --name ${name}`);

function publicStatus(value: Partial<ClusterStatus>): unknown {
  const { stage: _stage, ...rest } = value;
  return rest;
}

function statusTable(current: ClusterStatus): string {
  const rows = current.components.map((component) => [
    component.namespace ? `${component.namespace}/${component.name}` : component.name,
    component.kind,
    component.ready ? 'yes' : 'no',
    component.pid > 0 ? String(component.pid) : '-',
    component.address ?? '-',
    component.message ?? '',
  ]);
  return formatTable(['NAME', 'KIND', 'READY', 'PID', 'ADDRESS', ''], rows);
}
