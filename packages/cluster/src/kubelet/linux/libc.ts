import koffi from 'koffi';

/** The C library's functions that the node needs; each throws a `SystemError` when the call fails. */
const lib = koffi.load(null);

const raw = {
  unshare: lib.func('int unshare(int flags)'),
  setns: lib.func('int setns(int fd, int kind)'),
  mount: lib.func(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
  umount2: lib.func('int umount2(const char *target, int flags)'),
  sethostname: lib.func('int sethostname(const char *name, size_t length)'),
  pipe2: lib.func('int pipe2(_Out_ int *fds, int flags)'),
  socket: lib.func('int socket(int domain, int type, int protocol)'),
  bind: lib.func('int bind(int fd, const uint8_t *address, unsigned int length)'),
  listen: lib.func('int listen(int fd, int backlog)'),
  setsockopt: lib.func('int setsockopt(int fd, int level, int name, const int *value, unsigned int length)'),
  openpt: lib.func('int posix_openpt(int flags)'),
  grantpt: lib.func('int grantpt(int fd)'),
  unlockpt: lib.func('int unlockpt(int fd)'),
  ioctl: lib.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *value)'),
  fcntl: lib.func('int fcntl(int fd, int command, ...)'),
  waitpid: lib.func('int waitpid(int pid, int *status, int options)'),
  pivotRoot: lib.func('syscall', 'long', ['long', 'str', 'str']),
  mountSetattr: lib.func('syscall', 'long', ['long', 'int', 'str', 'uint', 'uint8_t *', 'size_t']),
};

export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;
export const CLONE_NEWUTS = 0x4000000;
export const CLONE_NEWIPC = 0x8000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_NOATIME = 1024;
export const MS_BIND = 4096;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;
export const MS_RELATIME = 1 << 21;

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const AF_INET = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const TIOCGPTN = 0x80045430;
const TIOCSWINSZ = 0x5414;
const MNT_DETACH = 2;
const SYS_PIVOT_ROOT = process.arch === 'arm64' ? 41 : 155;
const SYS_MOUNT_SETATTR = 442;
const AT_RECURSIVE = 0x8000;

const names = new Map(Object.entries(koffi.os.errno).map(([name, code]) => [code, name]));

/** A failed system call: `code` is the errno's name, such as `EPERM`. */
export class SystemError extends Error {
  readonly code: string;
  constructor(call: string, errno: number) {
    const code = names.get(errno) ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.code = code;
  }
}

function check(result: number, call: () => string): number {
  if (result < 0) throw new SystemError(call(), koffi.errno());
  return result;
}

export function unshare(flags: number): void {
  check(raw.unshare(flags), () => `unshare(0x${flags.toString(16)})`);
}

export function setns(fd: number, kind: number): void {
  check(raw.setns(fd, kind), () => `setns(0x${kind.toString(16)})`);
}

export function mount(
  source: string,
  target: string,
  type: string | null,
  flags: number,
  data: string | null = null,
): void {
  check(raw.mount(source, target, type, flags, data), () => `mount ${source} on ${target}`);
}

export function detachMount(target: string): void {
  check(raw.umount2(target, MNT_DETACH), () => `umount ${target}`);
}

export function setHostname(name: string): void {
  check(raw.sethostname(name, Buffer.byteLength(name)), () => `sethostname ${name}`);
}

export function pivotRoot(root: string, old: string): void {
  check(Number(raw.pivotRoot(SYS_PIVOT_ROOT, root, old)), () => `pivot_root ${root}`);
}

/** Makes a mount and all below it read-only; kernels before 5.12 take the mount itself only. */
export function remountReadOnly(target: string): void {
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(1n, 0);
  if (
    Number(raw.mountSetattr(SYS_MOUNT_SETATTR, -100, target, AT_RECURSIVE, attributes, attributes.length)) ===
    0
  )
    return;
  const base = MS_BIND | MS_REMOUNT | MS_RDONLY;
  const kept = [0, MS_NOSUID | MS_NODEV, MS_NOSUID | MS_NODEV | MS_NOEXEC, MS_NODEV, MS_NOSUID, MS_NOEXEC];
  for (const flags of kept.flatMap((k) => [k, k | MS_RELATIME, k | MS_NOATIME])) {
    if (raw.mount('none', target, null, base | flags, null) === 0) return;
  }
  throw new SystemError(`mount ${target} read-only`, koffi.errno());
}

/** A pipe whose ends are closed in programs started later unless they are passed on. */
export function openPipe(): { read: number; write: number } {
  const fds = [0, 0];
  check(raw.pipe2(fds, O_CLOEXEC), () => 'pipe2');
  return { read: fds[0]!, write: fds[1]! };
}

function ipv4Address(host: string, port: number): Buffer {
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  host.split('.').forEach((part, index) => {
    address[4 + index] = Number(part);
  });
  return address;
}

const streamSocket = () =>
  check(raw.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | O_CLOEXEC, 0), () => 'socket');

/** An unconnected TCP socket of the namespace that the calling thread is in. */
export function openTcpSocket(): number {
  return streamSocket();
}

/** A listening TCP socket of the namespace that the calling thread is in. The caller closes the descriptor. */
export function openTcpListener(host: string, port: number, close: (fd: number) => void): number {
  const fd = streamSocket();
  try {
    check(raw.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, [1], 4), () => 'setsockopt SO_REUSEADDR');
    check(raw.bind(fd, ipv4Address(host, port), 16), () => `bind ${host}:${port}`);
    check(raw.listen(fd, 511), () => `listen ${host}:${port}`);
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/** A pseudo-terminal of the mount namespace that the calling thread is in; `path` names its other end there. */
export function openTerminal(): { master: number; path: string } {
  const master = check(raw.openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), () => 'posix_openpt');
  check(raw.grantpt(master), () => 'grantpt');
  check(raw.unlockpt(master), () => 'unlockpt');
  const number = Buffer.alloc(4);
  check(raw.ioctl(master, TIOCGPTN, number), () => 'ioctl TIOCGPTN');
  return { master, path: `/dev/pts/${number.readUInt32LE(0)}` };
}

export function resizeTerminal(master: number, columns: number, rows: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(Math.min(rows, 65_535), 0);
  size.writeUInt16LE(Math.min(columns, 65_535), 2);
  check(raw.ioctl(master, TIOCSWINSZ, size), () => 'ioctl TIOCSWINSZ');
}

/** Collects a child that has ended and that nobody else waits for. Never waits. */
export function reapChild(pid: number): void {
  const WNOHANG = 1;
  raw.waitpid(pid, null, WNOHANG);
}

/** Keeps a descriptor that this process was started with from reaching the programs that it starts. */
export function closeOnExec(fd: number): void {
  const F_SETFD = 2;
  const FD_CLOEXEC = 1;
  raw.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC);
}
