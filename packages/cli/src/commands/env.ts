import path from 'node:path';
import { clusterFiles } from '../cluster/files.ts';
import { readConfig } from '../cluster/up.ts';
import { CommandError } from '../context.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

export const env: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('env')
      .description("print export lines for a shell: PATH, KUBECONFIG and the ingress gateway's addresses")
      .addOption(nameOption())
      .addHelpText('after', example('eval "$(lateen env)"'))
      .action((options) => {
        const files = clusterFiles(options.name, context.env);
        const config = readConfig(files);
        if (!config) {
          throw new CommandError(
            `there is no cluster ${files.name}; start it with 'lateen up${files.name === 'lateen' ? '' : ` --name ${files.name}`}'`,
          );
        }
        const variables: Record<string, string> = {
          PATH: `${quote(path.join(context.projectRoot, 'bin'))}:"$PATH"`,
          KUBECONFIG: quote(files.kubeconfig),
          INGRESS_HOST: config.address,
          INGRESS_PORT: '31380',
          SECURE_INGRESS_PORT: '31390',
          TCP_INGRESS_PORT: '31400',
          GATEWAY_URL: `${config.address}:31380`,
        };
        for (const [name, value] of Object.entries(variables)) context.out(`export ${name}=${value}\n`);
      });
  },
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
