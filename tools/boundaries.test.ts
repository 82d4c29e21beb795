import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { importsOf, sourceFiles } from './sources.ts';

/** A package may import those of lower layers only; packages of one layer never import each other. */
const layers: Record<string, number> = {
  kit: 0,
  kube: 1,
  xds: 1,
  identity: 1,
  api: 2,
  cluster: 3,
  'control-plane': 3,
  injector: 3,
  proxy: 3,
  cli: 4,
  console: 4,
  mesh: 5,
};

const files = sourceFiles('packages').filter(
  (file) => !file.endsWith('.test.ts') && !file.includes('/testing/'),
);
const packageOf = (file: string) => file.split(path.sep)[1]!;
const stageOf = (file: string) => file.split(path.sep)[3] ?? '';

function packageImports(file: string): string[] {
  return importsOf(file).flatMap(({ specifier }) => /^@lateen\/([^/]+)/.exec(specifier)?.[1] ?? []);
}

test('packages import lower layers only', () => {
  const wrong = files.flatMap((file) =>
    packageImports(file)
      .filter((imported) => imported !== packageOf(file) && layers[imported]! >= layers[packageOf(file)]!)
      .map((imported) => `${file} imports @lateen/${imported}`),
  );
  assert.deepEqual(wrong, []);
});

test('no file reaches into another package by a relative path', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(
        ({ specifier }) =>
          packageOf(path.normalize(path.join(path.dirname(file), specifier))) !== packageOf(file),
      )
      .map(({ specifier }) => `${file} imports ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

test("the proxy knows Envoy's words, not Istio's", () => {
  const wrong = files.filter(
    (file) =>
      packageOf(file) === 'proxy' && packageImports(file).some((name) => ['api', 'kube'].includes(name)),
  );
  assert.deepEqual(wrong, []);
});

test('control plane stages keep to themselves', () => {
  const forbidden: Record<string, readonly string[]> = {
    ir: ['api', 'kube', 'xds', 'identity'],
    compile: ['xds'],
    scope: ['xds'],
    generate: ['api'],
  };
  const wrong = files
    .filter((file) => packageOf(file) === 'control-plane')
    .flatMap((file) =>
      packageImports(file)
        .filter((imported) => forbidden[stageOf(file)]?.includes(imported))
        .map((imported) => `${file} imports @lateen/${imported}`),
    );
  assert.deepEqual(wrong, []);
});

test('there are no import cycles', () => {
  const graph = new Map(files.map((file) => [file, runtimeImports(file)]));
  assert.deepEqual(cycles(graph), []);
});

function runtimeImports(file: string): string[] {
  return importsOf(file)
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
    .map(({ specifier }) => path.normalize(path.join(path.dirname(file), specifier)));
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
