import {
  createKubeClient,
  defaultConfig,
  type KubeClient,
  type KubeClientOptions,
  loadKubeconfig,
} from '@lateen/kube';

export interface Connection {
  readonly options: KubeClientOptions & { readonly namespace: string };
  readonly client: KubeClient;
}

/** The cluster that kubectl would talk to, or that of `--kubeconfig` and `--context`. */
export function connect(
  env: NodeJS.ProcessEnv,
  flags: { readonly kubeconfig?: string; readonly context?: string; readonly namespace?: string },
): Connection {
  const found = flags.kubeconfig
    ? loadKubeconfig(flags.kubeconfig, flags.context)
    : defaultConfig(env, flags.context);
  const options = { ...found, ...(flags.namespace ? { namespace: flags.namespace } : {}) };
  return { options, client: createKubeClient(options) };
}
