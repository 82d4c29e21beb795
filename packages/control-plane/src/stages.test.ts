import path from 'node:path';
import { compileDestinationRule } from './compile/destination-rule/index.ts';
import { compileGateway } from './compile/gateway/index.ts';
import { compileMeshConfig } from './compile/mesh-config/index.ts';
import { compileSidecar } from './compile/sidecar/index.ts';
import { compileVirtualService } from './compile/virtual-service/index.ts';
import { goldenTests } from './testing/golden.ts';
import { smallMesh, snapshotOf } from './testing/snapshot.ts';
import { createTranslator, parseNode, resourceName, type XdsKind } from './translate.ts';

const folder = (name: string) => path.join(import.meta.dirname, 'testdata', name);
const mesh = compileMeshConfig(undefined, {
  domainSuffix: 'cluster.local',
  rootNamespace: 'istio-system',
}).value;

const compilers: Readonly<Record<string, (object: any) => unknown>> = {
  VirtualService: (object) => compileVirtualService(object, mesh),
  DestinationRule: (object) => compileDestinationRule(object, mesh),
  Gateway: (object) => compileGateway(object, mesh),
  Sidecar: (object) => compileSidecar(object, mesh),
  ConfigMap: (object) =>
    compileMeshConfig(object, { domainSuffix: 'cluster.local', rootNamespace: 'istio-system' }),
};

goldenTests(folder('compile'), (objects) => objects.map((object) => compilers[object.kind]!(object)));

/** The first document says for which node what is shown; the others are added to a small mesh. */
goldenTests(folder('translate'), ([header, ...objects]) => {
  const translator = createTranslator();
  const model = translator.model(snapshotOf([...smallMesh(), ...objects]));
  const node = parseNode(header.node).value!;
  const shown: Record<string, unknown> = { problems: model.problems };
  for (const [kind, names] of Object.entries<string[]>(header.show)) {
    const all = translator[kind as XdsKind](model, node);
    shown[kind] =
      names.length > 0
        ? all.filter((resource) => names.includes(resourceName(resource)))
        : all.map(resourceName);
  }
  return shown;
});
