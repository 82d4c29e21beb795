import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  detachMount,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_REC,
  mount,
  pivotRoot,
  remountReadOnly,
} from '../linux/libc.ts';
import { readEntries } from './host.ts';
import type { RootStep } from './root.ts';

/** Where the machine's own file system is while a root is being built. */
const machine = '/.machine';

/**
 * Builds a container's root on `at` (an empty directory) and moves the calling thread into it. To be called inside a
 * fresh mount namespace only.
 */
export function enterRoot(steps: readonly RootStep[], at: string): void {
  const sources = new Map<RootStep, string>();
  for (const step of steps) if (step.do === 'bind') sources.set(step, sourceOf(step));
  mount('tmpfs', at, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=0755');
  mkdirSync(at + machine);
  // From the new root, links that lead to absolute paths lead to the container's own.
  pivotRoot(at, at + machine);
  process.chdir('/');
  const builder = new RootBuilder(sources);
  for (const step of steps) builder.run(step);
  detachMount(machine);
  rmdirSync(machine);
}

function sourceOf(step: Extract<RootStep, { do: 'bind' }>): string {
  try {
    return realpathSync(step.source);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (error as Error).message;
    throw new Error(`${step.source} cannot be mounted at ${step.path}: ${reason}`);
  }
}

class RootBuilder {
  readonly #sources: ReadonlyMap<RootStep, string>;
  #hidden = 0;

  constructor(sources: ReadonlyMap<RootStep, string>) {
    this.#sources = sources;
  }

  run(step: RootStep): void {
    switch (step.do) {
      case 'directory':
        this.#directory(step.path, step.mode);
        break;
      case 'bind':
        this.#bind(step);
        break;
      case 'mount':
        this.#directory(step.path);
        mount(step.type, step.path, step.type, MS_NOSUID, step.data);
        break;
      case 'link':
        this.#directory(path.dirname(step.path));
        ignoreExisting(() => symlinkSync(step.target, step.path));
        break;
      case 'file':
        this.#directory(path.dirname(step.path));
        this.#writable(step.path, () => writeFileSync(step.path, step.content, { mode: step.mode ?? 0o644 }));
    }
  }

  #bind(step: Extract<RootStep, { do: 'bind' }>): void {
    const source = machine + this.#sources.get(step)!;
    if (statSync(source).isDirectory()) this.#directory(step.path);
    else this.#emptyFile(step.path);
    mount(source, step.path, null, MS_BIND | MS_REC);
    if (step.readOnly) remountReadOnly(step.path);
  }

  #directory(folder: string, mode?: number): void {
    if (exists(folder)) return;
    this.#writable(folder, () => mkdirSync(folder, { recursive: true }));
    // The umask of the node must not narrow what a directory such as /tmp allows.
    if (mode !== undefined) chmodSync(folder, mode);
  }

  #emptyFile(file: string): void {
    if (exists(file)) return;
    this.#directory(path.dirname(file));
    this.#writable(file, () => closeSync(openSync(file, 'a', 0o644)));
  }

  /** Where the place is inside a read-only directory of the machine, lays a writable copy of links over that directory. */
  #writable(place: string, make: () => void): void {
    try {
      make();
    } catch (error) {
      // A recursive mkdir reports a read-only parent as a missing one.
      if (!['EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      this.#uncover(nearestExisting(path.dirname(place)));
      make();
    }
  }

  #uncover(folder: string): void {
    const entries = readEntries(folder);
    const hidden = `/run/.host/${this.#hidden++}`;
    mkdirSync(hidden, { recursive: true });
    mount(folder, hidden, null, MS_BIND | MS_REC);
    mount('tmpfs', folder, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=0755');
    for (const { name, target } of entries)
      symlinkSync(target ?? `${hidden}/${name}`, path.join(folder, name));
  }
}

const exists = (place: string) => statSync(place, { throwIfNoEntry: false }) !== undefined;

function nearestExisting(folder: string): string {
  return exists(folder) ? folder : nearestExisting(path.dirname(folder));
}

function ignoreExisting(make: () => void): void {
  try {
    make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
