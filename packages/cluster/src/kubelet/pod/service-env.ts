import type { KubeObject } from '@lateen/kube';

const variableName = (name: string) => name.toUpperCase().replaceAll('-', '_');

/**
 * The variables by which a container finds services without DNS: those of the pod's namespace (unless the pod does not
 * want them) and, always, of the API server.
 */
export function serviceVariables(
  services: readonly KubeObject[],
  namespace: string,
  enableServiceLinks: boolean,
): Record<string, string> {
  const variables: Record<string, string> = {};
  const apiServer = services.filter(
    (s) => s.metadata.namespace === 'default' && s.metadata.name === 'kubernetes',
  );
  const own = enableServiceLinks ? services.filter((s) => s.metadata.namespace === namespace) : [];
  for (const service of [...apiServer, ...own]) Object.assign(variables, variablesOf(service));
  return variables;
}

function variablesOf(service: KubeObject): Record<string, string> {
  const { clusterIP, ports = [] } = service.spec;
  if (!clusterIP || clusterIP === 'None' || ports.length === 0) return {};
  const prefix = variableName(service.metadata.name!);
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIP,
    [`${prefix}_SERVICE_PORT`]: String(ports[0].port),
  };
  for (const { name, port } of ports) {
    if (name) variables[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port);
  }
  ports.forEach(({ protocol = 'TCP', port }: any, index: number) => {
    const scheme = protocol.toLowerCase();
    const link = `${prefix}_PORT_${port}_${protocol}`;
    const url = `${scheme}://${clusterIP}:${port}`;
    if (index === 0) variables[`${prefix}_PORT`] = url;
    variables[link] = url;
    variables[`${link}_PROTO`] = scheme;
    variables[`${link}_PORT`] = String(port);
    variables[`${link}_ADDR`] = clusterIP;
  });
  return variables;
}
