import { clusterFiles } from '@lateen/cli/cluster/files';
import { readConfig } from '@lateen/cli/cluster/up';
import { startNode } from '@lateen/cluster/kubelet/index';
import { createLog } from '@lateen/kit';
import { createKubeClient, loadKubeconfig } from '@lateen/kube';
import { clusterNetwork } from '../cluster-network.ts';
import { attachToParent, failToParent } from '../daemon/parent.ts';
import { nameArgument } from './arguments.ts';
import type { MainInput } from './index.ts';

/** The node: kubelet, pod network, DNS and service proxy, inside the namespaces in which the daemon starts it. */
export async function main({ argv, projectRoot }: MainInput): Promise<void> {
  const files = clusterFiles(nameArgument(argv), process.env);
  const config = readConfig(files)!;
  try {
    const client = createKubeClient({ ...loadKubeconfig(files.kubeconfig), socketPath: files.apiSocket });
    const node = await startNode({
      client,
      stateDir: files.dir,
      nodeName: clusterNetwork.nodeName,
      podCidr: clusterNetwork.podCidr,
      serviceCidr: clusterNetwork.serviceCidr,
      dnsAddress: clusterNetwork.dnsAddress,
      nodeSocketPath: files.nodeSocket,
      apiSocketPath: files.apiSocket,
      projectRoot,
      dataPlane: config.dataPlane,
      ...(config.envoyPath ? { envoyPath: config.envoyPath } : {}),
      log: createLog('node'),
    });
    const parent = attachToParent(() => node.close());
    parent.ready({});
  } catch (error) {
    failToParent((error as Error).message);
  }
}
