import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '@lateen/kube';
import type { Bind } from '../container/root.ts';
import { expandVariables } from '../pod/expand.ts';
import { writeAtomically } from './atomic-writer.ts';
import { isFileVolume, type VolumeInput, volumeFiles } from './files.ts';

/** Directories of the machine that hostPath volumes may show; everything else of it belongs to its user. */
const hostPathAllowed = ['/usr', '/etc/ssl', '/etc/ca-certificates', '/sys'];

/** The volumes of one pod, as directories below `directory`. */
export class PodVolumes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes all volumes what they should be now. Throws, naming the volume, when one cannot be made. */
  materialise(input: VolumeInput): void {
    for (const volume of input.pod.spec.volumes ?? []) {
      try {
        this.#make(volume, input);
      } catch (error) {
        throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${(error as Error).message}`);
      }
    }
  }

  /** Writes again what is made from API objects; what cannot be made any more stays as it was. */
  refresh(input: VolumeInput): void {
    for (const volume of input.pod.spec.volumes ?? []) {
      if (!isFileVolume(volume)) continue;
      try {
        this.#make(volume, input);
      } catch {
        // The last good content is better than none.
      }
    }
  }

  /** Where a container's mounts lead. */
  binds(pod: KubeObject, container: any, variables: Readonly<Record<string, string>>): Bind[] {
    const volumes = new Map<string, any>(
      (pod.spec.volumes ?? []).map((volume: any) => [volume.name, volume]),
    );
    return (container.volumeMounts ?? []).map((mount: any) => {
      const volume = volumes.get(mount.name);
      if (!volume) throw new Error(`the volume "${mount.name}" is not in spec.volumes`);
      const below = mount.subPathExpr ? expandVariables(mount.subPathExpr, variables) : (mount.subPath ?? '');
      const source = path.join(this.#sourceOf(volume), below);
      if (below && !isFileVolume(volume)) mkdirSync(source, { recursive: true });
      return { source, path: mount.mountPath, readOnly: mount.readOnly === true || isFileVolume(volume) };
    });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #sourceOf(volume: any): string {
    return volume.hostPath ? volume.hostPath.path : path.join(this.#directory, volume.name);
  }

  #make(volume: any, input: VolumeInput): void {
    const directory = path.join(this.#directory, volume.name);
    if (isFileVolume(volume)) writeAtomically(directory, volumeFiles(volume, input));
    else if (volume.emptyDir) mkdirSync(directory, { recursive: true, mode: 0o777 });
    else if (volume.hostPath) checkHostPath(volume.hostPath);
    else throw new Error(describeUnsupported(volume));
  }
}

function checkHostPath({ path: target }: { path: string }): void {
  const allowed = hostPathAllowed.some((folder) => target === folder || target.startsWith(`${folder}/`));
  if (!allowed || path.normalize(target) !== target.replace(/\/$/, '')) {
    throw new Error(
      `hostPath ${target} is not shown to pods here; allowed are ${hostPathAllowed.join(', ')}`,
    );
  }
  if (!statSync(target, { throwIfNoEntry: false })) throw new Error(`hostPath ${target} does not exist`);
}

function describeUnsupported(volume: any): string {
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'nothing';
  if (kind === 'persistentVolumeClaim') {
    return `persistent volumes are not supported by this node: use an emptyDir instead of the claim "${volume.persistentVolumeClaim.claimName}"`;
  }
  return `volumes of type ${kind} are not supported by this node`;
}
