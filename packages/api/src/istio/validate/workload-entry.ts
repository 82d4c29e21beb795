import type { WorkloadEntry, WorkloadEntrySpec, WorkloadGroup } from '../service-entry.ts';
import type { Check } from './check.ts';
import { checkLabels, fqdnFault, isAddress, isPortName } from './names.ts';

export function checkWorkloadEntry(check: Check, object: WorkloadEntry): void {
  checkWorkload(check, object.spec ?? {}, 'spec', false);
}

/** An endpoint's address, ports and labels. `allowName`: its address may be a name that is resolved. */
export function checkWorkload(check: Check, entry: WorkloadEntrySpec, path: string, template: boolean): void {
  const address = entry.address ?? '';
  if (address.startsWith('unix://')) checkUnix(check, entry, address, path);
  else if (address === '' && !template) {
    if (entry.network)
      check.warning(
        `${path}.address`,
        "is unset: the endpoint is reached through its network's gateway only",
      );
    else check.error(`${path}.address`, 'is required', 'Required');
  } else if (address !== '' && !isAddress(address) && fqdnFault(address)) {
    check.error(`${path}.address`, `"${address}" is no address and no host name`);
  }
  for (const [name, number] of Object.entries(entry.ports ?? {})) {
    if (!isPortName(name)) check.error(`${path}.ports`, `"${name}" is no port name`);
    check.port(number, `${path}.ports.${name}`);
  }
  checkLabels(check, entry.labels, `${path}.labels`);
}

function checkUnix(check: Check, entry: WorkloadEntrySpec, address: string, path: string): void {
  const file = address.slice('unix://'.length);
  if (!file.startsWith('/') && !file.startsWith('@'))
    check.error(`${path}.address`, `"${file}" must be an absolute path or an abstract socket`);
  if (file.endsWith('/')) check.error(`${path}.address`, `"${file}" must not be a directory`);
  if (Object.keys(entry.ports ?? {}).length > 0)
    check.error(`${path}.ports`, 'must be empty for a Unix socket');
}

export function checkWorkloadGroup(check: Check, object: WorkloadGroup): void {
  const spec = object.spec ?? {};
  checkLabels(check, spec.metadata?.labels, 'spec.metadata.labels');
  if (!spec.template) check.error('spec.template', 'is required', 'Required');
  else checkWorkload(check, spec.template, 'spec.template', true);
  if (spec.probe) checkProbe(check, spec.probe, 'spec.probe');
}

function checkProbe(check: Check, probe: Record<string, any>, path: string): void {
  for (const field of [
    'timeoutSeconds',
    'initialDelaySeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    check.notNegative(probe[field], `${path}.${field}`);
  }
  if (probe.httpGet) check.port(probe.httpGet.port, `${path}.httpGet.port`);
  else if (probe.tcpSocket) check.port(probe.tcpSocket.port, `${path}.tcpSocket.port`);
  else if (probe.grpc) check.port(probe.grpc.port, `${path}.grpc.port`);
  else if (probe.exec) {
    if (!probe.exec.command?.length) check.error(`${path}.exec.command`, 'is required', 'Required');
  } else check.error(path, 'one of httpGet, tcpSocket, exec and grpc is required', 'Required');
}
