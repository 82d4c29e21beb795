import { readFileSync, writeFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { configFromMesh, injectText } from '@lateen/injector';
import { formatProblem } from '@lateen/kit';
import { resources } from '@lateen/kube';
import { parse } from 'yaml';
import { connect } from '../cluster/connect.ts';
import { type CommandContext, CommandError } from '../context.ts';
import { addConnectionOptions } from './connection-options.ts';
import type { CommandModule } from './index.ts';
import { example } from './name-option.ts';

export const kubeInject: CommandModule = {
  programs: ['lateen', 'istioctl'],
  register(root, context) {
    addConnectionOptions(
      root
        .command('kube-inject')
        .description('put sidecars into the workloads of a file; what is injected already stays as it is')
        .requiredOption('-f, --filename <file>', "file of Kubernetes objects, or '-' for standard input")
        .option('-o, --output <file>', 'file to write to (default: standard output)')
        .option('--meshConfigFile <file>', "MeshConfig in a file, instead of the cluster's ConfigMap")
        .option('--meshConfigMapName <name>', 'ConfigMap with the MeshConfig', 'istio'),
    )
      .addHelpText('after', example(`kubectl apply -f <(${context.program} kube-inject -f app.yaml)`))
      .action(async (options) => {
        const text = await readInput(context, options.filename);
        const { value, problems } = injectText(
          text,
          configFromMesh(await readMesh(context, options)),
          options.namespace,
        );
        const errors = problems.filter((problem) => problem.severity === 'error');
        if (errors.length > 0) {
          throw new CommandError(
            errors.map((problem) => `${options.filename}: ${formatProblem(problem)}`).join('\n'),
          );
        }
        if (options.output) writeFileSync(options.output, value);
        else context.out(value);
      });
  },
};

async function readInput(context: CommandContext, file: string): Promise<string> {
  if (file === '-') return readAll(context.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`--filename ${file}: ${(error as Error).message}`, 2);
  }
}

async function readMesh(context: CommandContext, options: any): Promise<Record<string, any>> {
  if (options.meshConfigFile) return parse(readFileSync(options.meshConfigFile, 'utf8')) ?? {};
  const { client } = connect(context.env, options);
  try {
    const map = await client.get(resources.configMaps, options.meshConfigMapName, options.istioNamespace);
    return parse(map.data?.mesh ?? '') ?? {};
  } catch (error) {
    throw new CommandError(
      `the mesh's configuration, ConfigMap ${options.istioNamespace}/${options.meshConfigMapName}, cannot be read: ` +
        `${(error as Error).message}. Install the mesh first, or name a file with --meshConfigFile`,
    );
  } finally {
    client.close();
  }
}
