import { clusterFiles } from '@lateen/cli/cluster/files';
import { readConfig } from '@lateen/cli/cluster/up';
import { createLog } from '@lateen/kit';
import { Daemon } from '../daemon/daemon.ts';
import { nameArgument } from './arguments.ts';
import type { MainInput } from './index.ts';

/** The process that stands for a cluster; `lateen up` starts it, `lateen down` ends it. */
export async function main({ argv, projectRoot }: MainInput): Promise<void> {
  const files = clusterFiles(nameArgument(argv), process.env);
  const config = readConfig(files);
  if (!config) throw new Error(`there is no cluster ${files.name}; 'lateen up' starts one`);
  await new Daemon({ files, config, projectRoot, log: createLog('daemon') }).start();
}
