import { isAlreadyExists, type KubeObject, resources } from '@lateen/kube';
import { ignoreNotFound } from '../common/owners.ts';
import { type Controller, type ControllerContext, reconcilerFor } from '../context.ts';

const bundleName = 'kube-root-ca.crt';
const bundleDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Gives every namespace its `default` ServiceAccount, again whenever it is missing. */
export function startDefaultServiceAccounts(context: ControllerContext): Controller {
  const { client, informers } = context;
  const namespaces = informers.get(resources.namespaces);
  const accounts = informers.get(resources.serviceAccounts);
  const reconciler = reconcilerFor(context, {
    name: 'serviceaccount',
    async reconcile(namespace) {
      if (!isActive(namespaces.store.get(namespace)) || accounts.store.get('default', namespace)) return;
      const metadata = { name: 'default', namespace };
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
      await createIfMissing(client.create(resources.serviceAccounts, account));
    },
  });
  const enqueue = (namespace: KubeObject) => reconciler.add(namespace.metadata.name!);
  namespaces.on({ add: enqueue, update: enqueue });
  accounts.on({
    delete: (account) => account.metadata.name === 'default' && reconciler.add(account.metadata.namespace!),
  });
  return reconciler;
}

/** Publishes the certificate by which pods recognise the API server to every namespace. */
export function startRootCertificates(context: ControllerContext): Controller {
  const { client, informers } = context;
  const namespaces = informers.get(resources.namespaces);
  const configMaps = informers.get(resources.configMaps);
  const data = { 'ca.crt': context.rootCertificate };
  const reconciler = reconcilerFor(context, {
    name: 'root-ca',
    async reconcile(namespace) {
      if (!isActive(namespaces.store.get(namespace))) return;
      const current = configMaps.store.get(bundleName, namespace);
      const annotations = { 'kubernetes.io/description': bundleDescription };
      const metadata = { name: bundleName, namespace, annotations };
      if (!current) {
        const bundle = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
        await createIfMissing(client.create(resources.configMaps, bundle));
      } else if (current.data?.['ca.crt'] !== data['ca.crt'] || Object.keys(current.data).length !== 1) {
        const next = { ...current, data };
        await ignoreNotFound(client.update(resources.configMaps, next));
      }
    },
  });
  const enqueue = (namespace: KubeObject) => reconciler.add(namespace.metadata.name!);
  const enqueueNamespace = (configMap: KubeObject) => {
    if (configMap.metadata.name === bundleName) reconciler.add(configMap.metadata.namespace!);
  };
  namespaces.on({ add: enqueue, update: enqueue });
  configMaps.on({ update: enqueueNamespace, delete: enqueueNamespace });
  return reconciler;
}

function isActive(namespace: KubeObject | undefined): boolean {
  return namespace !== undefined && !namespace.metadata.deletionTimestamp;
}

async function createIfMissing(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
