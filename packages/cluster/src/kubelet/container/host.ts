import { accessSync, constants, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** What containers see of the machine: its programs and a few settings, all read-only. */
export interface HostLayout {
  /** Directories that are bound as they are. */
  readonly directories: readonly string[];
  /** Links such as /bin → usr/bin, made again. */
  readonly links: readonly { path: string; target: string }[];
  /** Entries of /etc that are bound as they are. */
  readonly etc: readonly string[];
  readonly devices: readonly string[];
  /** Path of the `mount` program. */
  readonly mountProgram: string;
  readonly hasCurl: boolean;
}

const programDirectories = ['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'nix', 'gnu'];
const etcEntries = [
  ...[
    'alternatives',
    'bash.bashrc',
    'ca-certificates',
    'ca-certificates.conf',
    'crypto-policies',
    'debian_version',
  ],
  ...[
    'fonts',
    'gai.conf',
    'host.conf',
    'inputrc',
    'ld.so.cache',
    'ld.so.conf',
    'ld.so.conf.d',
    'locale.alias',
  ],
  ...[
    'localtime',
    'magic',
    'mime.types',
    'os-release',
    'pki',
    'protocols',
    'services',
    'ssl',
    'terminfo',
    'timezone',
  ],
  ...['java', 'perl', 'python3', 'python3.11', 'python3.12', 'python3.13', 'static'],
];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Looks at the machine once; the node keeps the answer. */
export function inspectHost(): HostLayout {
  const directories: string[] = [];
  const links: { path: string; target: string }[] = [];
  const sort = (file: string) => {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) links.push({ path: file, target: readlinkSync(file) });
    return found !== undefined && !found.isSymbolicLink();
  };
  for (const name of programDirectories) if (sort(`/${name}`)) directories.push(`/${name}`);
  const etc = etcEntries.map((name) => `/etc/${name}`).filter(sort);
  return {
    directories,
    links,
    etc,
    devices: devices.map((name) => `/dev/${name}`).filter((file) => existsSync(file)),
    mountProgram: findProgram('mount', searchPath, '/') ?? '/bin/mount',
    hasCurl: findProgram('curl', searchPath, '/') !== undefined,
  };
}

/** Where a program is, as a shell would find it; undefined when nowhere. */
export function findProgram(name: string, searchIn: string, directory: string): string | undefined {
  const candidates = name.includes('/')
    ? [path.resolve(directory, name)]
    : searchIn.split(':').map((folder) => path.resolve(directory, folder, name));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return false;
    }
  });
}

/** Entries of a directory of the machine and where those that are links lead; empty when there is none. */
export function readEntries(directory: string): { name: string; target?: string }[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).map((entry) =>
      entry.isSymbolicLink()
        ? { name: entry.name, target: readlinkSync(path.join(directory, entry.name)) }
        : { name: entry.name },
    );
  } catch {
    return [];
  }
}
