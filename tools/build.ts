/**
 * Bundles the programs into dist/, so that each starts in one read: `lateen`, `istioctl` and the sample services.
 * With `--if-stale` it says nothing and gives way to another build that is under way.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');

const programs: Record<string, string> = {
  lateen: 'packages/mesh/src/lateen.ts',
  istioctl: 'packages/mesh/src/istioctl.ts',
  'bookinfo-productpage': 'samples/bookinfo/src/productpage/main.ts',
  'bookinfo-details': 'samples/bookinfo/src/details/main.ts',
  'bookinfo-reviews': 'samples/bookinfo/src/reviews/main.ts',
  'bookinfo-ratings': 'samples/bookinfo/src/ratings/main.ts',
  'tcp-echo': 'samples/tcp-echo/src/main.ts',
  httpbin: 'samples/httpbin/src/main.ts',
  helloworld: 'samples/helloworld/src/main.ts',
  curl: 'samples/curl/src/main.ts',
};

/** `import.meta.url` keeps pointing at the source file, so that data files beside it are found from the bundle too. */
const sourceUrls: Plugin = {
  name: 'source-urls',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /\.(ts|js)$/ }, (args) => {
      if (args.path.includes('node_modules')) return undefined;
      const text = readFileSync(args.path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const relative = path.relative(dist, args.path);
      return {
        contents: text.replaceAll(
          'import.meta.url',
          `new URL(${JSON.stringify(relative)}, import.meta.url).href`,
        ),
        loader: args.path.endsWith('.ts') ? 'ts' : 'js',
      };
    });
  },
};

async function bundle(outdir: string): Promise<void> {
  const entryPoints = Object.fromEntries(
    Object.entries(programs)
      .filter(([, file]) => existsSync(path.join(root, file)))
      .map(([name, file]) => [name, path.join(root, file)]),
  );
  await build({
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'part-[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['koffi', 'esbuild'],
    banner: {
      js: "import { createRequire as lateenRequire } from 'node:module';const require=lateenRequire(import.meta.url);",
    },
    plugins: [sourceUrls],
    logLevel: process.argv.includes('--if-stale') ? 'silent' : 'error',
  });
}

/** A lock older than a minute belongs to a build that died. */
function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 60_000) {
      rmSync(lock, { recursive: true, force: true });
      return takeLock(lock);
    }
    return false;
  }
}

async function waitForOther(lock: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (existsSync(lock) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function main(): Promise<void> {
  mkdirSync(dist, { recursive: true });
  const lock = path.join(dist, '.lock');
  if (!takeLock(lock)) return waitForOther(lock);
  const started = new Date();
  const fresh = path.join(dist, '.new');
  try {
    rmSync(fresh, { recursive: true, force: true });
    await bundle(fresh);
    publish(fresh, started);
  } finally {
    rmSync(lock, { recursive: true, force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Parts have hashed names and arrive before the programs that import them; old ones stay for processes that still run. */
function publish(fresh: string, started: Date): void {
  const names = readdirSync(fresh).sort(
    (a, b) => Number(b.startsWith('part-')) - Number(a.startsWith('part-')),
  );
  for (const name of names) renameSync(path.join(fresh, name), path.join(dist, name));
  writeFileSync(path.join(dist, 'stamp'), started.toISOString());
  // The stamp carries the time at which the sources were read, so that a later edit is seen.
  utimesSync(path.join(dist, 'stamp'), started, started);
}

try {
  await main();
} catch (error) {
  // The launchers go on from source; whoever builds on purpose sees the reasons.
  const quiet = process.argv.includes('--if-stale');
  console.error(
    quiet ? 'lateen: the bundle cannot be made, running from source (npm run build says why)' : String(error),
  );
  process.exitCode = 1;
}
