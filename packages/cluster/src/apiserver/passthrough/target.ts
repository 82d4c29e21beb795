import type { KubeObject } from '@lateen/kube/types';
import { findEntry } from '../engine/read.ts';
import type { Scope } from '../engine/scope.ts';
import { badRequest } from '../errors.ts';

/** The container that a log, exec or attach request means. */
export function containerOf(pod: KubeObject, wanted: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = (list: any[]) => list.map((one) => one.name as string);
  const main = names(containers);
  if (wanted) {
    const all = [...main, ...names(initContainers), ...names(ephemeralContainers)];
    if (all.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  if (main.length === 1) return main[0]!;
  const choice = `choose one of: [${main.join(' ')}]`;
  const init =
    initContainers.length > 0 ? ` or one of the init containers: [${names(initContainers).join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, ${choice}${init}`);
}

/** The path below which the node serves a pod's connections, as the kubelet names it. */
export function nodePath(scope: Scope): string {
  const { query } = scope.request;
  const pod = findEntry(scope).object;
  const { namespace, name } = pod.metadata;
  const { subresource } = scope.path;
  const container = subresource === 'portforward' ? '' : containerOf(pod, query.get('container'));
  if (!pod.spec?.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
  const place = `${namespace}/${name}`;
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').map((port) => `port=${encodeURIComponent(port)}`);
    return `/portForward/${place}${ports.length > 0 ? `?${ports.join('&')}` : ''}`;
  }
  const streams = new URLSearchParams();
  for (const command of query.getAll('command')) streams.append('command', command);
  const isSet = (key: string) => ['true', '1'].includes(query.get(key) ?? '');
  if (isSet('stdin')) streams.set('input', '1');
  if (isSet('stdout')) streams.set('output', '1');
  if (isSet('stderr')) streams.set('error', '1');
  if (isSet('tty')) streams.set('tty', '1');
  return `/${subresource}/${place}/${container}?${streams}`;
}
