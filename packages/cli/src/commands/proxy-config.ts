import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { connect } from '../cluster/connect.ts';
import { execInPod } from '../cluster/exec.ts';
import { findPod } from '../cluster/find-pod.ts';
import type { CommandContext } from '../context.ts';
import { formatStructured } from '../output/structured.ts';
import { formatTable } from '../output/table.ts';
import { clusters } from '../proxy-config/clusters.ts';
import { parseDump } from '../proxy-config/dump.ts';
import { endpoints } from '../proxy-config/endpoints.ts';
import { listeners } from '../proxy-config/listeners.ts';
import { routes } from '../proxy-config/routes.ts';
import type { View } from '../proxy-config/view.ts';
import { addConnectionOptions } from './connection-options.ts';
import type { CommandModule } from './index.ts';
import { example } from './name-option.ts';

const views: readonly View[] = [clusters, listeners, routes];

export const proxyConfig: CommandModule = {
  programs: ['lateen', 'istioctl'],
  register(root, context) {
    const parent = root
      .command('proxy-config')
      .alias('pc')
      .description('show what a proxy has been given: clusters, listeners, routes, endpoints, bootstrap')
      .addHelpText(
        'after',
        example(`${context.program} proxy-config routes productpage-v1-6987489c74-abcde`),
      );
    for (const view of views) registerView(parent, view, context);
    registerEndpoints(parent, context);
    registerBootstrap(parent, context);
    registerAll(parent, context);
  },
};

function addVerb(
  parent: Command,
  verb: { name: string; aliases: readonly string[]; filters: readonly string[] },
): Command {
  const command = parent
    .command(verb.name)
    .aliases(verb.aliases)
    .argument('[pod]', 'pod, pod.namespace, or deployment/name')
    .option('-f, --file <file>', 'a saved config dump instead of a pod')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml', 'short']));
  for (const filter of verb.filters) command.option(`--${filter} <value>`, `only those with this ${filter}`);
  return addConnectionOptions(command);
}

function registerView(parent: Command, view: View, context: CommandContext): void {
  addVerb(parent, view).action(async (pod, options) => {
    const dump = parseDump(await readAdmin(context, pod, options, 'config_dump?include_eds'));
    print(context, options.output, view.head, view.select(dump, options), view.rows);
  });
}

function registerEndpoints(parent: Command, context: CommandContext): void {
  addVerb(parent, endpoints).action(async (pod, options) => {
    const statuses = JSON.parse(await readAdmin(context, pod, options, 'clusters?format=json'));
    print(context, options.output, endpoints.head, endpoints.select(statuses, options), endpoints.rows);
  });
}

function registerBootstrap(parent: Command, context: CommandContext): void {
  addVerb(parent, { name: 'bootstrap', aliases: ['b'], filters: [] }).action(async (pod, options) => {
    const dump = parseDump(await readAdmin(context, pod, options, 'config_dump'));
    context.out(formatStructured({ bootstrap: dump.bootstrap }, options.output === 'yaml' ? 'yaml' : 'json'));
  });
}

function registerAll(parent: Command, context: CommandContext): void {
  addVerb(parent, { name: 'all', aliases: ['a'], filters: [] }).action(async (pod, options) => {
    const text = await readAdmin(context, pod, options, 'config_dump?include_eds');
    if (options.output === 'json' || options.output === 'yaml') {
      context.out(formatStructured(JSON.parse(text), options.output));
      return;
    }
    const dump = parseDump(text);
    const tables = views.map((view) => formatTable(view.head, view.rows(view.select(dump, {}))));
    context.out(`${tables.join('\n\n')}\n`);
  });
}

function print(
  context: CommandContext,
  output: string | undefined,
  head: readonly string[],
  selected: any[],
  rows: (selected: any[]) => string[][],
): void {
  if (output === 'json' || output === 'yaml') context.out(formatStructured(selected, output));
  else context.out(`${formatTable(head, rows(selected))}\n`);
}

/** Asks the pod's own agent, as istioctl does, so that the admin port stays closed to everyone else. */
async function readAdmin(
  context: CommandContext,
  pod: string | undefined,
  options: any,
  path: string,
): Promise<string> {
  if (options.file) return readFileSync(options.file === '-' ? 0 : options.file, 'utf8');
  const { options: config, client } = connect(context.env, options);
  try {
    const target = await findPod(client, pod, config.namespace);
    const command = ['pilot-agent', 'request', 'GET', path];
    return (await execInPod(config, { ...target, container: 'istio-proxy', command })).toString();
  } finally {
    client.close();
  }
}
