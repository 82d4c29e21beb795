import { clusterFiles, defaultClusterName } from '../cluster/files.ts';
import { obtainKubectl as obtain } from '../cluster/obtain-kubectl.ts';
import type { CommandModule } from './index.ts';

/** Not shown in help: what bin/kubectl calls where the machine has no kubectl. */
export const obtainKubectl: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root.command('obtain-kubectl', { hidden: true }).action(() => {
      const { home } = clusterFiles(defaultClusterName, context.env);
      context.out(`${obtain(home, (line) => context.err(`${line}\n`))}\n`);
    });
  },
};
