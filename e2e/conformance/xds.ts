import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  createTranslator,
  type Model,
  type ProxyNode,
  parseNode,
  resourceName,
  type Translator,
  type XdsResource,
} from '@lateen/control-plane/translate';
import type { KubeObject } from '@lateen/kube/types';
import { differences } from './xds/difference.ts';
import { reasonToSkip } from './xds/later.ts';
import { readObjects, toSnapshot } from './xds/world.ts';

export interface XdsInput {
  readonly data: string;
  readonly support?: string;
  readonly only?: string | undefined;
  readonly list?: boolean;
}

const types = ['cds', 'lds', 'eds', 'rds'] as const;
type Type = (typeof types)[number];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Holds the generated configuration against what istiod sends: one row is one resource that differs from the base world, or
 * the rest of a proxy's resources of a type, which must be as in the base world. Only our own metadata is left out.
 */
export async function run(input: XdsInput): Promise<Counts> {
  const folder = path.join(input.data, 'xds');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (!existsSync(folder)) {
    console.log(`xds: SKIPPED: there is no folder ${folder}`);
    return counts;
  }
  const support = path.join(input.support ?? input.data, 'xds');
  const file = (name: string) =>
    existsSync(path.join(folder, name)) ? path.join(folder, name) : path.join(support, name);
  const suite = {
    folder,
    base: path.join(existsSync(path.join(folder, 'S00')) ? folder : support, 'S00'),
    world: readObjects(file('world.yaml')),
    nodes: JSON.parse(readFileSync(file('nodes.json'), 'utf8')),
  };
  for (const name of readdirSync(folder)
    .filter((entry) => /^S\d+$/.test(entry))
    .sort())
    runScenario(suite, name, input, counts);
  return counts;
}

interface SuiteData {
  readonly folder: string;
  readonly base: string;
  readonly world: readonly KubeObject[];
  readonly nodes: Record<string, any>;
}

function runScenario(suite: SuiteData, name: string, input: XdsInput, counts: Counts): void {
  const directory = path.join(suite.folder, name);
  const index = JSON.parse(readFileSync(path.join(directory, 'index.json'), 'utf8'));
  const added = readObjects(path.join(directory, 'input.yaml'));
  const reason = reasonToSkip(added);
  const translator = createTranslator({ useRemoteAddress: false });
  const model = translator.model(toSnapshot([...suite.world, ...added]));
  for (const proxy of Object.keys(index)) {
    for (const type of types) {
      const id = `${name}/${proxy}.${type}`;
      if (input.only && !id.includes(input.only)) continue;
      if (input.list) console.log(id);
      else if (reason) skip(directory, proxy, type, id, reason, counts);
      else
        compareType(
          suite,
          directory,
          id,
          proxy,
          type,
          generate(translator, model, nodeOf(suite, proxy), type),
          counts,
        );
    }
  }
}

function nodeOf(suite: SuiteData, proxy: string): ProxyNode {
  const { value } = parseNode(suite.nodes[proxy]);
  if (!value) throw new Error(`nodes.json: ${proxy} is no proxy`);
  return value;
}

function generate(translator: Translator, model: Model, node: ProxyNode, type: Type): readonly XdsResource[] {
  switch (type) {
    case 'cds':
      return translator.clusters(model, node);
    case 'lds':
      return translator.listeners(model, node);
    case 'eds':
      return translator.endpoints(model, node);
    case 'rds':
      return translator.routes(model, node);
  }
}

interface Recorded {
  readonly resources: XdsResource[];
  readonly removed?: string[];
}

function readRecorded(directory: string, proxy: string, type: Type): Recorded {
  const file = path.join(directory, `${proxy}.${type}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { resources: [] };
}

function skip(
  directory: string,
  proxy: string,
  type: Type,
  id: string,
  reason: string,
  counts: Counts,
): void {
  const rows = readRecorded(directory, proxy, type).resources.length;
  counts.skipped += rows;
  if (rows > 0) console.log(`SKIP ${id} (${rows}): ${reason}`);
}

function compareType(
  suite: SuiteData,
  directory: string,
  id: string,
  proxy: string,
  type: Type,
  generated: readonly XdsResource[],
  counts: Counts,
): void {
  const recorded = readRecorded(directory, proxy, type);
  const ours = new Map(generated.map((resource) => [resourceName(resource), withoutOurs(resource)]));
  const own = new Set(recorded.resources.map(resourceName));
  for (const resource of recorded.resources) {
    report(
      `${id} ${resourceName(resource)}`,
      differences(ours.get(resourceName(resource)), canonical(resource)),
      counts,
    );
  }
  const base = directory === suite.base ? [] : readRecorded(suite.base, proxy, type).resources;
  const gone = new Set(recorded.removed);
  const expected = new Map(
    [...base, ...recorded.resources].map((resource) => [resourceName(resource), resource]),
  );
  for (const name of gone) expected.delete(name);
  const rest: string[] = [];
  for (const [name, resource] of expected) {
    if (!own.has(name))
      rest.push(...differences(ours.get(name), canonical(resource), 2).map((line) => `${name}: ${line}`));
  }
  for (const name of ours.keys()) if (!expected.has(name)) rest.push(`${name}: istiod has no such resource`);
  report(`${id} (rest)`, rest, counts);
}

function report(id: string, found: readonly string[], counts: Counts): void {
  if (found.length === 0) {
    counts.passed++;
    return;
  }
  counts.failed++;
  console.log(`FAIL ${id}`);
  for (const line of found.slice(0, 6)) console.log(`     ${line}`);
}

/** A resource without the metadata that only we write. */
function withoutOurs(value: any): any {
  if (Array.isArray(value)) return value.map(withoutOurs);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, any> = {};
  for (const [key, field] of Object.entries<any>(value)) {
    if (key === 'metadata' && field?.filterMetadata) {
      const { lateen: _ours, ...theirs } = field.filterMetadata;
      if (Object.keys(theirs).length > 0) result[key] = { ...field, filterMetadata: theirs };
    } else if (field !== undefined) {
      result[key] = withoutOurs(field);
    }
  }
  return canonical(result);
}

/** Envoy demands a runtime key beside some values; its name means nothing. */
function canonical(value: any): any {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'runtimeKey');
  return Object.fromEntries(entries.map(([key, field]) => [key, canonical(field)]));
}
