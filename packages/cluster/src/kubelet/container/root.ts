import path from 'node:path';
import type { HostLayout } from './host.ts';

/** One step in building a container's file system; paths are those that the container will see. */
export type RootStep =
  | { readonly do: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  | { readonly do: 'file'; readonly path: string; readonly content: string; readonly mode?: number }
  | { readonly do: 'bind'; readonly path: string; readonly source: string; readonly readOnly: boolean }
  | { readonly do: 'mount'; readonly path: string; readonly type: string; readonly data: string };

export interface Bind {
  readonly source: string;
  readonly path: string;
  readonly readOnly: boolean;
}

export interface RootOptions {
  readonly host: HostLayout;
  readonly hostname: string;
  /** Content of /etc/hosts and /etc/resolv.conf. */
  readonly hosts: string;
  readonly resolvConf: string;
  readonly workingDirectory: string;
  /** Directories of the machine at their own place, read-only: the project, the program's own folder. */
  readonly visible: readonly string[];
  /** Programs put into /usr/local/bin: a script's text, or a file of the machine. */
  readonly programs: readonly { name: string; script?: string; source?: string }[];
  readonly volumes: readonly Bind[];
}

const passwd = [
  'root:x:0:0:root:/root:/bin/sh',
  'istio-proxy:x:1337:1337:istio-proxy:/:/usr/sbin/nologin',
  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  '',
].join('\n');
const group = 'root:x:0:\nistio-proxy:x:1337:\nnogroup:x:65534:\n';
const nsswitch = 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n';

/** The steps, in order, that make a container's root out of an empty file system. */
export function rootSteps(options: RootOptions): RootStep[] {
  return [
    ...deviceSteps(options.host),
    ...['/tmp', '/var/tmp', '/run/lock'].map((folder) =>
      directory(folder, folder === '/run/lock' ? 0o755 : 0o1777),
    ),
    ...['/root', '/home', '/etc', '/var/log', '/var/lib', '/var/cache', '/mnt', '/srv', '/opt'].map(
      (folder) => directory(folder),
    ),
    { do: 'link', path: '/var/run', target: '../run' },
    ...hostSteps(options.host),
    ...etcSteps(options),
    ...options.programs.map(programStep),
    ...bindSteps(options),
    directory(options.workingDirectory),
  ];
}

/** Outer folders first, so that a volume on /tmp does not hide a program that lies below /tmp. */
function bindSteps({ visible, volumes }: RootOptions): RootStep[] {
  const shown = visible.map((folder): Bind => ({ source: folder, path: folder, readOnly: true }));
  return [...shown, ...volumes]
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length)
    .map(({ source, path: target, readOnly }) => bind(source, target, readOnly));
}

const directory = (target: string, mode?: number): RootStep => ({
  do: 'directory',
  path: path.normalize(target),
  mode,
});
const bind = (source: string, target: string, readOnly: boolean): RootStep => ({
  do: 'bind',
  source,
  path: path.normalize(target),
  readOnly,
});

function deviceSteps(host: HostLayout): RootStep[] {
  return [
    bind('/proc', '/proc', false),
    bind('/sys', '/sys', true),
    ...host.devices.map((device) => bind(device, device, false)),
    { do: 'mount', path: '/dev/pts', type: 'devpts', data: 'newinstance,ptmxmode=0666,mode=620' },
    { do: 'mount', path: '/dev/shm', type: 'tmpfs', data: 'mode=1777' },
    { do: 'link', path: '/dev/ptmx', target: 'pts/ptmx' },
    { do: 'link', path: '/dev/fd', target: '/proc/self/fd' },
    ...['stdin', 'stdout', 'stderr'].map(
      (name, fd): RootStep => ({ do: 'link', path: `/dev/${name}`, target: `/proc/self/fd/${fd}` }),
    ),
  ];
}

function hostSteps(host: HostLayout): RootStep[] {
  return [
    ...host.directories.map((folder) => bind(folder, folder, true)),
    ...host.links.map(({ path: link, target }): RootStep => ({ do: 'link', path: link, target })),
    ...host.etc.map((entry) => bind(entry, entry, true)),
  ];
}

function etcSteps({ hostname, hosts, resolvConf }: RootOptions): RootStep[] {
  const files = {
    hostname: `${hostname}\n`,
    hosts,
    'resolv.conf': resolvConf,
    passwd,
    group,
    'nsswitch.conf': nsswitch,
    mtab: '',
  };
  return Object.entries(files).map(([name, content]) => ({ do: 'file', path: `/etc/${name}`, content }));
}

function programStep({ name, script, source }: RootOptions['programs'][number]): RootStep {
  const target = `/usr/local/bin/${name}`;
  return source
    ? bind(source, target, true)
    : { do: 'file', path: target, content: script ?? '', mode: 0o755 };
}
