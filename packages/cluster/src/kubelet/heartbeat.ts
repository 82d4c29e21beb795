import type { Log } from '@lateen/kit';
import { isNotFound, type KubeClient, type KubeObject, resources } from '@lateen/kube';

const leaseInterval = 10_000;
const leaseNamespace = 'kube-node-lease';
/** The status is written again after this many leases, even when nothing has changed. */
const statusEvery = 30;

/** Tells the API at intervals that the node lives: its lease often, its status seldom. The returned function ends that. */
export function startHeartbeat(
  client: KubeClient,
  nodeName: string,
  register: () => Promise<void>,
  log: Log,
): () => void {
  let turn = 0;
  const beat = async () => {
    try {
      await renewLease(client, nodeName, new Date().toISOString().replace('Z', '000Z'));
      if (++turn % statusEvery === 0) await register();
    } catch (error) {
      log.warn('the node could not report that it is alive', { error });
    }
  };
  void beat();
  const timer = setInterval(beat, leaseInterval);
  return () => clearInterval(timer);
}

async function renewLease(client: KubeClient, nodeName: string, renewTime: string): Promise<void> {
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime };
  try {
    await client.patch(resources.leases, nodeName, leaseNamespace, 'merge', { spec });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const lease: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: nodeName, namespace: leaseNamespace },
      spec,
    };
    await client.create(resources.leases, lease);
  }
}
