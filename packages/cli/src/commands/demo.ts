import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { delay } from '@lateen/kit';
import { createKubeClient, type KubeClient, loadKubeconfig, parseKubeYaml, resources } from '@lateen/kube';
import { applyObjects } from '../cluster/apply.ts';
import { type ClusterFiles, clusterFiles } from '../cluster/files.ts';
import { readConfig, up } from '../cluster/up.ts';
import { mergeUserKubeconfig } from '../cluster/user-kubeconfig.ts';
import { type CommandContext, CommandError } from '../context.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import type { CommandModule } from './index.ts';
import { example, nameOption } from './name-option.ts';

/** What the demo applies, below the project's root. */
const samples = [
  'samples/bookinfo/platform/kube/bookinfo.yaml',
  'samples/bookinfo/networking/bookinfo-gateway.yaml',
];

/** Node port of the ingress gateway's HTTP server. */
const ingressPort = 31380;

const pageTimeout = 60_000;

export const demo: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    root
      .command('demo')
      .description(
        'start a cluster with the mesh and Bookinfo in it, and return when the page answers (npm start)',
      )
      .addOption(nameOption())
      .option('--address <ip>', 'loopback address of the API server and the node ports')
      .addHelpText('after', example('lateen demo'))
      .action(async (options) => {
        const files = clusterFiles(options.name, context.env);
        const progress = createProgress(context.err, process.stderr.isTTY === true, () => performance.now());
        const started = performance.now();
        await runDemo(context, files, options.address, progress);
        progress.done();
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        context.out(await nextSteps(context, files, seconds));
      });
  },
};

async function runDemo(
  context: CommandContext,
  files: ClusterFiles,
  address: string | undefined,
  progress: Progress,
) {
  const status = await up({
    files,
    projectRoot: context.projectRoot,
    env: context.env,
    profile: 'demo',
    ...(address ? { address } : {}),
    onStage: (stage) => progress.stage(stage),
  });
  await mergeUserKubeconfig(files, context.env);
  const unreachable = status.warnings?.find((warning) => warning.includes(`:${ingressPort} `));
  if (unreachable) throw new CommandError(unreachable);
  progress.stage('applying Bookinfo');
  const client = createKubeClient({ ...loadKubeconfig(files.kubeconfig), socketPath: files.apiSocket });
  try {
    await applyBookinfo(client, context.projectRoot);
    progress.stage('waiting for the first page');
    await waitForPage(pageUrl(files), client);
  } finally {
    client.close();
  }
}

async function applyBookinfo(client: KubeClient, projectRoot: string): Promise<void> {
  await client.patch(resources.namespaces, 'default', undefined, 'merge', {
    metadata: { labels: { 'istio-injection': 'enabled' } },
  });
  for (const file of samples) {
    const { value, problems } = parseKubeYaml(readFileSync(path.join(projectRoot, file), 'utf8'));
    if (problems.length > 0) throw new CommandError(`${file}: ${problems[0]!.message}`);
    await applyObjects(client, value, 'default');
  }
}

function pageUrl(files: ClusterFiles): string {
  return `http://${readConfig(files)!.address}:${ingressPort}/productpage`;
}

/** A whole page: with the details and the reviews, not with an apology for one of them. */
async function waitForPage(url: string, client: KubeClient): Promise<void> {
  const deadline = performance.now() + pageTimeout;
  for (;;) {
    const page = await fetchPage(url).catch(() => '');
    if (page.includes('Simple Bookstore App') && !page.includes('Sorry,')) return;
    if (performance.now() > deadline) throw new CommandError(await describeDelay(url, client));
    await delay(50);
  }
}

async function describeDelay(url: string, client: KubeClient): Promise<string> {
  const pods = await client.list(resources.pods, { namespace: 'default' }).catch(() => ({ items: [] }));
  const waiting = pods.items
    .filter((pod) => !pod.status?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True'))
    .map((pod) => pod.metadata.name);
  const why = waiting.length > 0 ? `these pods are not ready: ${waiting.join(', ')}` : 'all pods are ready';
  return `${url} does not show the page after ${pageTimeout / 1000} s; ${why}. See 'kubectl get pods' and 'lateen status'`;
}

function fetchPage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { timeout: 10_000, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString()));
        response.on('error', reject);
      })
      .on('timeout', function (this: http.ClientRequest) {
        this.destroy(new Error('timed out'));
      })
      .on('error', reject);
  });
}

async function nextSteps(context: CommandContext, files: ClusterFiles, seconds: string): Promise<string> {
  const flag = files.name === 'lateen' ? '' : ` --name ${files.name}`;
  const bin = path.relative(process.cwd(), path.join(context.projectRoot, 'bin')) || '.';
  return `
The mesh is running with Bookinfo in it (${seconds} s).

Open   ${pageUrl(files)}
       Reload a few times: reviews without stars, with black and with red ones.

Next   eval "$(${bin}/lateen env${flag})"
       kubectl get pods
       kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml
       kubectl apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml
       Reload: no stars any more. The whole walk-through is docs/guides/bookinfo.md

End    ${bin}/lateen down${flag}
`;
}
