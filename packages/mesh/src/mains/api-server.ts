import { clusterFiles, defaultClusterName } from '@lateen/cli/cluster/files';
import { readConfig } from '@lateen/cli/cluster/up';
import { startApiServer } from '@lateen/cluster/apiserver/index';
import { startControllers } from '@lateen/cluster/controllers/index';
import { createLog } from '@lateen/kit';
import { clusterNetwork } from '../cluster-network.ts';
import { attachToParent, failToParent } from '../daemon/parent.ts';
import { nameArgument } from './arguments.ts';
import type { MainInput } from './index.ts';

/** The API server and, in the same process, the controllers. */
export async function main({ argv }: MainInput): Promise<void> {
  const files = clusterFiles(nameArgument(argv), process.env);
  const config = readConfig(files)!;
  const log = createLog('api-server');
  const controller = new AbortController();
  try {
    const server = await startApiServer({
      stateDir: files.dir,
      address: config.address,
      port: config.apiPort,
      socketPath: files.apiSocket,
      nodeSocketPath: files.nodeSocket,
      profile: config.profile,
      contextName: files.name === defaultClusterName ? files.name : `${defaultClusterName}-${files.name}`,
      serviceCidr: clusterNetwork.serviceCidr,
      nodePortRange: clusterNetwork.nodePortRange,
      log,
    });
    const controllers = startControllers({
      client: server.client(),
      rootCertificate: server.caCertificate,
      log: log.child('controllers'),
      signal: controller.signal,
      schedule: config.profile !== 'api',
    });
    const parent = attachToParent(async () => {
      controller.abort();
      await controllers.stop();
      await server.close();
    });
    await controllers.ready;
    parent.ready({ url: server.url, port: server.port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    failToParent(
      code === 'EADDRINUSE'
        ? `${config.address}:${config.apiPort} is in use by another process; stop it, or run 'lateen down' and start with another --address`
        : message,
    );
  }
}
