import type { Command } from 'commander';

/** The options with which istioctl chooses a cluster and a namespace. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('-c, --kubeconfig <file>', 'kubeconfig file (default: as kubectl)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name>', "namespace of the pod (default: the context's)")
    .option('-i, --istioNamespace <name>', 'namespace of the control plane', 'istio-system');
}
