import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
}

export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/**
 * Makes a directory hold exactly these files, by the kubelet's layout: `..data` leads to a directory that is replaced as
 * a whole, so that a reader never sees half of a change. Does nothing when nothing changed.
 */
export function writeAtomically(directory: string, files: VolumeFiles): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const link = path.join(directory, '..data');
  const old = existsSync(link) ? readlinkSync(link) : undefined;
  if (old && holds(path.join(directory, old), files)) return;
  const fresh = mkdtempSync(`${directory}/..`);
  chmodSync(fresh, 0o755);
  for (const [name, file] of files) writeFile(path.join(fresh, name), file);
  symlinkSync(path.basename(fresh), `${link}_tmp`);
  renameSync(`${link}_tmp`, link);
  linkNames(directory, new Set([...files.keys()].map((name) => name.split('/')[0]!)));
  if (old) rmSync(path.join(directory, old), { recursive: true, force: true });
}

function writeFile(file: string, { content, mode }: VolumeFile): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function linkNames(directory: string, names: ReadonlySet<string>): void {
  for (const entry of readdirSync(directory)) {
    if (!entry.startsWith('..') && !names.has(entry)) rmSync(path.join(directory, entry), { force: true });
  }
  for (const name of names) {
    const link = path.join(directory, name);
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(path.join('..data', name), link);
  }
}

function holds(directory: string, files: VolumeFiles): boolean {
  const present = listFiles(directory);
  if (present.length !== files.size) return false;
  return present.every((name) => files.get(name)?.content.equals(readFileSync(path.join(directory, name))));
}

function listFiles(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
}
