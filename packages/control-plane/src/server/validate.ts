import { validateIstio } from '@lateen/api/istio/validate/index';
import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { compileDestinationRule } from '../compile/destination-rule/index.ts';
import { compileGateway } from '../compile/gateway/index.ts';
import { compileMeshConfig } from '../compile/mesh-config/index.ts';
import { compileSidecar } from '../compile/sidecar/index.ts';
import { compileVirtualService } from '../compile/virtual-service/index.ts';

type Compile = (object: any, mesh: any) => Result<unknown>;

const compilers: Readonly<Record<string, Compile>> = {
  VirtualService: compileVirtualService,
  DestinationRule: compileDestinationRule,
  Gateway: compileGateway,
  Sidecar: compileSidecar,
};

/** What is wrong with one Istio resource by itself, whatever else there is in the mesh; the first word on each path counts. */
export function createValidator(
  domainSuffix: string,
  rootNamespace: string,
): (object: KubeObject) => readonly Problem[] {
  const mesh = compileMeshConfig(undefined, { domainSuffix, rootNamespace }).value;
  return (object) => {
    const compile = object.apiVersion?.startsWith('networking.istio.io/')
      ? compilers[object.kind]
      : undefined;
    const problems = [...validateIstio(object), ...(compile ? compile(object, mesh).problems : [])];
    const paths = new Set<string>();
    return problems.filter(({ path }) => !paths.has(path) && paths.add(path));
  };
}
