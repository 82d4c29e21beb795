import { isIPv4 } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import { findEnvoy } from '../cluster/envoy.ts';
import { clusterFiles } from '../cluster/files.ts';
import { up as startCluster } from '../cluster/up.ts';
import { mergeUserKubeconfig } from '../cluster/user-kubeconfig.ts';
import { createProgress } from '../output/progress.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

export const up: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('up')
      .description(
        'start a cluster in the background and return when it is ready; repairs one that is half dead',
      )
      .addOption(
        new Option(
          '--profile <profile>',
          'demo: with the mesh; none: an empty Kubernetes; api: only the Kubernetes API',
        ).choices(['demo', 'none', 'api']),
      )
      .addOption(nameOption())
      .option(
        '--address <ip>',
        'loopback address of the API server and the node ports (default 127.0.0.1)',
        loopback,
      )
      .addOption(
        new Option('--data-plane <name>', 'proxy of the sidecars and gateways').choices(['lateen', 'envoy']),
      )
      .option('--envoy <path>', 'the Envoy binary for --data-plane envoy (default: the one on PATH)')
      .addHelpText(
        'after',
        example('lateen up --profile none', 'lateen up --name second --address 127.0.0.2'),
      )
      .action(async (options) => {
        const files = clusterFiles(options.name, context.env);
        const envoyPath = options.dataPlane === 'envoy' ? findEnvoy(options.envoy, context.env) : undefined;
        const progress = createProgress(context.err, process.stderr.isTTY === true, () => performance.now());
        const status = await startCluster({
          files,
          projectRoot: context.projectRoot,
          env: context.env,
          profile: options.profile,
          address: options.address,
          dataPlane: options.dataPlane,
          ...(envoyPath ? { envoyPath } : {}),
          onStage: (stage) => progress.stage(stage),
        });
        progress.done();
        await mergeUserKubeconfig(files, context.env);
        for (const warning of status.warnings ?? []) context.err(`warning: ${warning}\n`);
        const flag = files.name === 'lateen' ? '' : ` --name ${files.name}`;
        context.out(
          `cluster ${status.name} is ready\n\nNext:\n  eval "$(bin/lateen env${flag})"\n  kubectl get pods -A\n`,
        );
      });
  },
};

function loopback(value: string): string {
  if (!isIPv4(value) || !value.startsWith('127.')) {
    throw new InvalidArgumentError('must be a loopback address, 127.0.0.0/8');
  }
  return value;
}
