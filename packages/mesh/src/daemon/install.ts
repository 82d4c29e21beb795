import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { applyObjects } from '@lateen/cli/cluster/apply';
import { type KubeClient, type KubeObject, parseKubeYaml } from '@lateen/kube';

const crdFolder = 'install/kubernetes/helm/istio-init/files';

/** Applies the mesh as a user would with kubectl: the CRDs, then `install/kubernetes/istio-demo.yaml`. */
export async function installMesh(client: KubeClient, projectRoot: string): Promise<void> {
  const objects = readInstalledObjects(projectRoot);
  const crds = objects.filter((object) => object.kind === 'CustomResourceDefinition');
  const rest = objects.filter((object) => object.kind !== 'CustomResourceDefinition');
  // Nothing of the mesh waits for the CRDs, so that its processes start while the schemas are stored.
  await applyObjects(client, rest, 'default');
  await applyObjects(client, crds, 'default');
}

/** The build keeps the parsed manifests, since reading the CRDs as YAML takes longer than starting the API server. */
function readInstalledObjects(projectRoot: string): KubeObject[] {
  const built = path.join(projectRoot, 'dist/install.json');
  if (existsSync(built)) return JSON.parse(readFileSync(built, 'utf8'));
  return installFiles(projectRoot).flatMap((file) => readObjects(file));
}

/** The manifests that make up the mesh, in the order in which they are applied. */
export function installFiles(projectRoot: string): string[] {
  const folder = path.join(projectRoot, crdFolder);
  const crds = readdirSync(folder)
    .filter((name) => /^crd.*\.yaml$/.test(name))
    .sort();
  return [
    ...crds.map((name) => path.join(folder, name)),
    path.join(projectRoot, 'install/kubernetes/istio-demo.yaml'),
  ];
}

export function readObjects(file: string): KubeObject[] {
  const { value, problems } = parseKubeYaml(readFileSync(file, 'utf8'));
  if (problems.length > 0) throw new Error(`${file}: ${problems[0]!.message}`);
  return value;
}
