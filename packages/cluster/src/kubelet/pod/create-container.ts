import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '@lateen/kube';
import { type ResolvedImage, resolveImage } from '../../images/index.ts';
import type { PodNetwork } from '../../network/pod-network.ts';
import { Container } from '../container/container.ts';
import { searchPath } from '../container/host.ts';
import { LogFile } from '../container/log-file.ts';
import { type Bind, type RootOptions, rootSteps } from '../container/root.ts';
import type { NodeContext } from '../context.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { containerCommand } from './command.ts';
import { containerEnvironment } from './environment.ts';
import type { PodFacts } from './field-ref.ts';
import { hostnameOf, hostsFile, isSidecarContainer, logPath, podDirectory, resolvConf } from './names.ts';
import { serviceVariables } from './service-env.ts';

/** Log kept of one run: the newest of at most twice this. */
const logBytes = 5 * 1024 * 1024;

export interface CreateInput {
  readonly pod: KubeObject;
  readonly container: any;
  readonly run: number;
  readonly network: PodNetwork;
  readonly volumes: PodVolumes;
  readonly facts: PodFacts;
}

/** No program is known for the image's name. */
export class ImageUnknown extends Error {
  constructor(image: string) {
    super(`no program is known for the image "${image}": lateen image add ${image} -- COMMAND`);
  }
}

export interface CreatedContainer {
  readonly process: Container;
  readonly log: LogFile;
  /** File in which the program may say why it ended. */
  readonly messageFile: string;
}

export function imageOf(context: NodeContext, container: any): ResolvedImage {
  const image = resolveImage(container.image, context.places);
  if (!image) throw new ImageUnknown(container.image);
  return image;
}

/** Variables of a container. Throws `ConfigError` when one of its references leads nowhere. */
export function variablesFor(
  context: NodeContext,
  { pod, container, facts }: CreateInput,
  image: ResolvedImage,
) {
  const links = serviceVariables(
    context.services(),
    pod.metadata.namespace!,
    pod.spec.enableServiceLinks !== false,
  );
  const base = {
    PATH: searchPath,
    HOME: '/root',
    HOSTNAME: hostnameOf(pod),
    ...(container.tty ? { TERM: 'xterm' } : {}),
    ...image.env,
    ...dataPlaneVariables(context, container),
    ...links,
  };
  return containerEnvironment({ pod, container, facts, references: context.references, base });
}

/** Starts one run of a container. Throws when it cannot be started; nothing is left of it then but its log. */
export function createContainer(
  context: NodeContext,
  input: CreateInput,
  image: ResolvedImage,
  env: Record<string, string>,
): CreatedContainer {
  const { pod, container, run, network, volumes } = input;
  const directory = podDirectory(context.podsDirectory, pod.metadata.uid!);
  const cwd = container.workingDir || image.workingDirectory;
  const messageFile = path.join(directory, 'messages', container.name);
  mkdirSync(path.dirname(messageFile), { recursive: true });
  writeFileSync(messageFile, '');
  const binds = volumes.binds(pod, container, env);
  binds.push({
    source: messageFile,
    path: container.terminationMessagePath || '/dev/termination-log',
    readOnly: false,
  });
  const log = new LogFile(
    logPath(context.podsDirectory, pod.metadata.uid!, container.name, run),
    logBytes,
    context.clock.now,
  );
  try {
    const options = {
      root: rootSteps(rootOptions(context, input, image, cwd, binds)),
      mountPoint: context.mountPoint,
      mountProgram: context.host.mountProgram,
      hostname: hostnameOf(pod),
      network: isSidecarContainer(container.name) ? network.sidecar : network.application,
      argv: containerCommand(container, image, env),
      env,
      cwd,
      stdin: container.stdin === true,
      tty: container.tty === true,
    };
    return { process: new Container(context.gate, options, log, context.clock.now), log, messageFile };
  } catch (error) {
    log.close();
    throw error;
  }
}

function rootOptions(
  context: NodeContext,
  { pod, container, network }: CreateInput,
  image: ResolvedImage,
  workingDirectory: string,
  volumes: Bind[],
): RootOptions {
  const { host, places, dnsAddress } = context;
  return {
    host,
    hostname: hostnameOf(pod),
    hosts: hostsFile(pod, network.address),
    resolvConf: resolvConf(pod, dnsAddress),
    workingDirectory,
    visible: visibleDirectories(context, image),
    programs: [
      ...(host.hasCurl ? [] : [{ name: 'curl', script: curlScript(places) }]),
      ...(usesEnvoy(context, container) ? [{ name: 'envoy', source: context.dataPlane.envoyPath! }] : []),
      ...ownPrograms(image, places),
    ],
    volumes,
  };
}

function visibleDirectories({ places, host }: NodeContext, image: ResolvedImage): string[] {
  const isShown = (file: string) => host.directories.some((folder) => file.startsWith(`${folder}/`));
  const folders = [places.projectRoot, path.dirname(places.node), ...image.visible];
  const wanted = folders.filter((folder) => !isShown(folder));
  return wanted.filter(
    (folder) => !wanted.some((other) => other !== folder && folder.startsWith(`${other}/`)),
  );
}

function curlScript({ node, projectRoot }: NodeContext['places']): string {
  return `#!/bin/sh\nexec '${node}' '${path.join(projectRoot, 'dist/curl.mjs')}' "$@"\n`;
}

/** The mesh's own images have their program under its name too, for those that come through exec: `pilot-agent request …`. */
function ownPrograms({ entrypoint }: ResolvedImage, { node, projectRoot }: NodeContext['places']) {
  const program = path.join(projectRoot, 'dist/lateen.mjs');
  if (entrypoint[1] !== program || entrypoint[2] === undefined) return [];
  return [{ name: entrypoint[2], script: `#!/bin/sh\nexec '${node}' '${program}' ${entrypoint[2]} "$@"\n` }];
}

function usesEnvoy({ dataPlane }: NodeContext, container: any): boolean {
  return dataPlane.name === 'envoy' && Boolean(dataPlane.envoyPath) && container.name === 'istio-proxy';
}

function dataPlaneVariables(context: NodeContext, container: any): Record<string, string> {
  if (container.name !== 'istio-proxy') return {};
  if (!usesEnvoy(context, container)) return { LATEEN_DATA_PLANE: 'lateen' };
  return { LATEEN_DATA_PLANE: 'envoy', LATEEN_ENVOY: '/usr/local/bin/envoy' };
}
