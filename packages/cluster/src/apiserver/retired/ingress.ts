import type { KubeObject } from '@lateen/kube/types';

/** In v1beta1 a backend named its service and port in two flat fields. */
export function ingressToStored(ingress: KubeObject): KubeObject {
  const { spec } = ingress;
  if (!spec) return ingress;
  if (spec.backend) {
    spec.defaultBackend = backendToStored(spec.backend);
    delete spec.backend;
  }
  for (const rule of spec.rules ?? []) {
    for (const path of rule.http?.paths ?? []) {
      path.pathType ??= 'ImplementationSpecific';
      path.backend = backendToStored(path.backend ?? {});
    }
  }
  return ingress;
}

function backendToStored(backend: any): unknown {
  const { serviceName, servicePort, resource } = backend;
  if (resource || serviceName === undefined) return backend;
  const port = typeof servicePort === 'number' ? { number: servicePort } : { name: servicePort };
  return { service: { name: serviceName, port } };
}

export function ingressFromStored(ingress: KubeObject): KubeObject {
  const { spec } = ingress;
  if (!spec) return ingress;
  if (spec.defaultBackend) {
    spec.backend = backendFromStored(spec.defaultBackend);
    delete spec.defaultBackend;
  }
  for (const rule of spec.rules ?? []) {
    for (const path of rule.http?.paths ?? []) path.backend = backendFromStored(path.backend);
  }
  return ingress;
}

function backendFromStored(backend: any): unknown {
  if (!backend?.service) return backend;
  const { name, port = {} } = backend.service;
  return { serviceName: name, servicePort: port.number ?? port.name };
}
