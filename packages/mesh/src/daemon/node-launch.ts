import { nodeCommand } from '@lateen/cluster/kubelet/command';

/** How the daemon starts the node: in user, network, mount, UTS and pid namespaces of its own. */
export function nodeLaunch(execPath: string, script: string): { command: string; args: string[] } {
  const [command, ...args] = nodeCommand([execPath, script, 'node']);
  return { command: command!, args };
}
