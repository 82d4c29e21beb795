import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { nodeCommand } from './command.ts';
import { findProgram, searchPath } from './container/host.ts';

export interface NamespaceCheck {
  readonly ok: boolean;
  /** What refuses and what to do about it; empty when nothing refuses. */
  readonly problem: string;
}

/** What the diagnosis looks at; read from the machine, or made up in tests. */
export interface NamespaceFacts {
  /** What `unshare` wrote when it failed. */
  readonly stderr: string;
  readonly missingPrograms: readonly string[];
  /** Contents of settings below /proc/sys, by name such as `user.max_user_namespaces`; absent ones do not exist. */
  readonly settings: Readonly<Record<string, string>>;
  /** `Seccomp:` of /proc/self/status: 0 when no filter is on. */
  readonly seccomp: string;
  readonly inContainer: boolean;
  readonly isRoot: boolean;
}

const settingNames = [
  'kernel.apparmor_restrict_unprivileged_userns',
  'kernel.unprivileged_userns_clone',
  'user.max_user_namespaces',
  'user.max_net_namespaces',
  'user.max_mnt_namespaces',
  'user.max_pid_namespaces',
];

const packages: Record<string, string> = { unshare: 'util-linux', ip: 'iproute2', mount: 'mount' };

/** Tries whether the node can have the namespaces that it needs. Takes some milliseconds; never rejects. */
export async function checkNamespaces(): Promise<NamespaceCheck> {
  const missingPrograms = Object.keys(packages).filter((name) => !findProgram(name, searchPath, '/'));
  const stderr = missingPrograms.length > 0 ? '' : await tryNamespaces();
  if (missingPrograms.length === 0 && stderr === undefined) return { ok: true, problem: '' };
  return {
    ok: false,
    problem: diagnose({
      stderr: stderr ?? '',
      missingPrograms,
      settings: Object.fromEntries(settingNames.flatMap((name) => readSetting(name))),
      seccomp: /^Seccomp:\s*(\d)/m.exec(readText('/proc/self/status'))?.[1] ?? '0',
      inContainer: readText('/proc/1/cgroup').includes('docker') || readText('/.dockerenv', 'no') !== 'no',
      isRoot: process.getuid?.() === 0,
    }),
  };
}

/** Names the setting that refuses namespaces, and the command that allows them. Pure. */
export function diagnose(facts: NamespaceFacts): string {
  const { settings, missingPrograms } = facts;
  if (missingPrograms.length > 0) {
    const names = missingPrograms.map((name) => `"${name}" (Debian package ${packages[name]})`).join(', ');
    return `the node needs programs that this machine lacks: ${names}. Install them and try again.`;
  }
  const intro = 'the kernel refuses the namespaces that the node needs';
  if (!facts.isRoot && settings['kernel.unprivileged_userns_clone'] === '0') {
    return `${intro}: kernel.unprivileged_userns_clone is 0. Allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1`;
  }
  for (const name of settingNames.filter((setting) => setting.startsWith('user.'))) {
    if (settings[name] === '0') return `${intro}: ${name} is 0. Raise it: sudo sysctl -w ${name}=15000`;
  }
  if (!facts.isRoot && settings['kernel.apparmor_restrict_unprivileged_userns'] === '1') {
    return `${intro}: kernel.apparmor_restrict_unprivileged_userns is 1 (the default of Ubuntu 24.04 and later). Allow them: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`;
  }
  if (facts.inContainer || facts.seccomp === '2') {
    return `${intro} (${facts.stderr}). This looks like a container whose runtime filters system calls: start it with --privileged, or with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined.`;
  }
  return `${intro}: ${facts.stderr || 'unshare failed'}. Try "unshare -Urnm true" by hand; a security module may forbid it.`;
}

/** Undefined when it worked, else what was said. */
function tryNamespaces(): Promise<string | undefined> {
  const [command, ...args] = nodeCommand(['true']);
  return new Promise((resolve) => {
    execFile(command!, args, { timeout: 5_000 }, (error, _, stderr) => {
      resolve(error ? stderr.trim() || error.message : undefined);
    });
  });
}

function readSetting(name: string): [string, string][] {
  const text = readText(`/proc/sys/${name.replaceAll('.', '/')}`, '?').trim();
  return text === '?' ? [] : [[name, text]];
}

function readText(file: string, otherwise = ''): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
