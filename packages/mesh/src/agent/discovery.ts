import { runControlPlane } from '@lateen/control-plane/server/index';
import { configFromMesh, defaultInjectionConfig, injectPod } from '@lateen/injector';
import type { KubeObject } from '@lateen/kube/types';

/** Joins the control plane and the injector, which know nothing of each other. */
export async function runDiscovery(argv: readonly string[]): Promise<void> {
  const image = process.env.LATEEN_PROXY_IMAGE ?? defaultInjectionConfig.image;
  await runControlPlane(argv, {
    inject(pod: KubeObject, namespace: string, mesh: Readonly<Record<string, any>>) {
      const { value, problems } = injectPod(
        pod,
        namespace,
        configFromMesh(mesh, { ...defaultInjectionConfig, image }),
      );
      return { pod: value, problems };
    },
  });
}
