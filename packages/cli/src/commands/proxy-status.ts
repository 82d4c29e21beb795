import { resources } from '@lateen/kube';
import { Option } from 'commander';
import { type Connection, connect } from '../cluster/connect.ts';
import { execInPod } from '../cluster/exec.ts';
import { CommandError } from '../context.ts';
import { formatStructured } from '../output/structured.ts';
import { formatTable } from '../output/table.ts';
import { addConnectionOptions } from './connection-options.ts';
import type { CommandModule } from './index.ts';
import { example } from './name-option.ts';

/** One proxy as istiod's `/debug/syncz` reports it. */
interface SyncStatus {
  readonly cluster_id?: string;
  readonly proxy?: string;
  readonly proxy_type?: string;
  readonly proxy_version?: string;
  readonly istio_version?: string;
  readonly [field: string]: string | undefined;
}

const types = ['cluster', 'listener', 'endpoint', 'route'] as const;

export const proxyStatus: CommandModule = {
  programs: ['lateen', 'istioctl'],
  register(root, context) {
    addConnectionOptions(
      root
        .command('proxy-status')
        .alias('ps')
        .description('show for each proxy whether it holds what the control plane sent last')
        .argument('[pod]', 'only this proxy: pod or pod.namespace')
        .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml'])),
    )
      .addHelpText('after', example(`${context.program} proxy-status`))
      .action(async (pod, options) => {
        const connection = connect(context.env, options);
        try {
          const all = await readSyncz(connection, options.istioNamespace);
          const shown = pod
            ? all.filter((status) => matchesPod(status, pod, connection.options.namespace))
            : all;
          if (pod && shown.length === 0)
            throw new CommandError(`proxy ${pod} is not connected to the control plane`);
          context.out(options.output ? formatStructured(shown, options.output) : `${statusTable(shown)}\n`);
        } finally {
          connection.client.close();
        }
      });
  },
};

function matchesPod(status: SyncStatus, pod: string, namespace: string): boolean {
  return status.proxy === pod || status.proxy === `${pod}.${namespace}`;
}

async function readSyncz(connection: Connection, namespace: string): Promise<SyncStatus[]> {
  const pods = await connection.client.list(resources.pods, { namespace, labelSelector: 'app=istiod' });
  const running = pods.items.filter((pod) => pod.status?.phase === 'Running');
  if (running.length === 0) {
    throw new CommandError(
      `no control plane runs in namespace ${namespace}; 'kubectl get pods -n ${namespace}' shows why`,
    );
  }
  const answers = await Promise.all(
    running.map((pod) =>
      execInPod(connection.options, {
        namespace,
        pod: pod.metadata.name!,
        container: 'discovery',
        command: ['pilot-discovery', 'request', 'GET', '/debug/syncz'],
      }),
    ),
  );
  return answers.flatMap((answer) => JSON.parse(answer.toString()) as SyncStatus[]);
}

function statusTable(all: readonly SyncStatus[]): string {
  const rows = all
    .map((status) => [
      status.proxy ?? '',
      status.cluster_id ?? '',
      ...types.map((type) => syncState(status[`${type}_sent`], status[`${type}_acked`])),
      status.istio_version ?? status.proxy_version ?? '',
    ])
    .sort((a, b) => a[0]!.localeCompare(b[0]!));
  return formatTable(['NAME', 'CLUSTER', 'CDS', 'LDS', 'EDS', 'RDS', 'VERSION'], rows);
}

/** The words of istioctl: nothing sent, answered, or waited for. */
export function syncState(sent: string | undefined, acked: string | undefined): string {
  if (!sent) return 'NOT SENT';
  return sent === acked ? 'SYNCED' : 'STALE';
}
