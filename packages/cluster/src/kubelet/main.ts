import { parseArgs } from 'node:util';
import { createLog } from '@lateen/kit';
import { createKubeClient, loadKubeconfig } from '@lateen/kube';
import { startNode } from './node.ts';

/**
 * The node in the foreground, until SIGTERM: `--kubeconfig FILE --api-socket PATH --state-dir DIR --node-socket PATH
 * --project-root DIR [--envoy PATH]`. To be started with `nodeCommand`.
 */
export async function runNode(argv: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      kubeconfig: text,
      'api-socket': text,
      'state-dir': text,
      'node-socket': text,
      'project-root': text,
      envoy: text,
      'node-name': { ...text, default: 'lateen-node' },
      'pod-cidr': { ...text, default: '10.244.0.0/16' },
      'service-cidr': { ...text, default: '10.96.0.0/12' },
      'dns-address': { ...text, default: '10.96.0.10' },
    },
  });
  const required = (name: 'kubeconfig' | 'api-socket' | 'state-dir' | 'node-socket' | 'project-root') => {
    const value = values[name];
    if (!value) throw new Error(`lateen node needs --${name}`);
    return value;
  };
  const apiSocketPath = required('api-socket');
  const client = createKubeClient({ ...loadKubeconfig(required('kubeconfig')), socketPath: apiSocketPath });
  const node = await startNode({
    client,
    stateDir: required('state-dir'),
    nodeName: values['node-name'],
    podCidr: values['pod-cidr'],
    serviceCidr: values['service-cidr'],
    dnsAddress: values['dns-address'],
    nodeSocketPath: required('node-socket'),
    apiSocketPath,
    projectRoot: required('project-root'),
    dataPlane: values.envoy ? 'envoy' : 'lateen',
    envoyPath: values.envoy,
    log: createLog('node'),
  });
  const stop = () => void node.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Whoever started the node owns the host's side of it: without that it has to be started anew.
  if (process.send) process.on('disconnect', () => process.exit(1));
}
