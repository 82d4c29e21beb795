import { down as stopCluster } from '../cluster/down.ts';
import { clusterFiles } from '../cluster/files.ts';
import { unmergeUserKubeconfig } from '../cluster/user-kubeconfig.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

export const down: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('down')
      .description('stop a cluster and remove everything of it; one that is not there is no error')
      .addOption(nameOption())
      .option('--keep', 'keep the state for the next up', false)
      .addHelpText('after', example('lateen down', 'lateen down --keep'))
      .action(async (options) => {
        const files = clusterFiles(options.name, context.env);
        if (!options.keep) await unmergeUserKubeconfig(files);
        const { stopped } = await stopCluster(files, options.keep);
        context.out(
          stopped ? `cluster ${files.name} has ended\n` : `cluster ${files.name} was not running\n`,
        );
      });
  },
};
