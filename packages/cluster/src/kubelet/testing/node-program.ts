import path from 'node:path';
import { silentLog } from '@lateen/kit';
import { createKubeClient } from '@lateen/kube';
import { startNode } from '../node.ts';

/** A node for tests: `node-program.ts DIRECTORY PROJECT-ROOT`, with the API on DIRECTORY/api.sock, without TLS. */
const [directory, projectRoot] = process.argv.slice(2) as [string, string];
const apiSocketPath = path.join(directory, 'api.sock');
await startNode({
  client: createKubeClient({ server: 'http://localhost', socketPath: apiSocketPath }),
  stateDir: directory,
  nodeName: 'lateen-node',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  dnsAddress: '10.96.0.10',
  nodeSocketPath: path.join(directory, 'node.sock'),
  apiSocketPath,
  projectRoot,
  dataPlane: 'lateen',
  log: silentLog,
});
process.send?.('ready');
process.on('disconnect', () => process.exit(1));
