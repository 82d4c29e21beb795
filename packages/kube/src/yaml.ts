import type { Problem, Result } from '@lateen/kit';
import { parseAllDocuments, type SchemaOptions, stringify } from 'yaml';
import type { KubeObject } from './types.ts';

type Options = NonNullable<Parameters<typeof parseAllDocuments>[1]>;
type CustomTags = NonNullable<SchemaOptions['customTags']>;
type Tags = Parameters<Extract<CustomTags, (...args: any) => any>>[0];

/** YAML 1.1 as kubectl reads it: `on` is true, `0o17` is 15, dates stay strings. */
export const kubeYamlOptions: Options = {
  version: '1.1',
  merge: true,
  customTags: (tags: Tags) => [
    ...tags.filter((tag) => typeof tag === 'string' || !isForeignTag(tag)),
    {
      tag: 'tag:yaml.org,2002:int',
      default: true,
      format: 'OCT2',
      test: /^[-+]?0[oO][0-7_]+$/,
      resolve: (text: string) => Number.parseInt(text.replace(/_/g, '').replace(/0o/i, ''), 8),
    },
  ],
};

function isForeignTag(tag: { tag: string; format?: string }): boolean {
  return tag.format === 'TIME' || /:timestamp$|binary|omap|pairs|set/.test(tag.tag);
}

/** Every non-empty document of a YAML or JSON text. A document that cannot be read is a problem that names its line. */
export function parseYamlDocuments(text: string): Result<unknown[]> {
  const value: unknown[] = [];
  const problems: Problem[] = [];
  for (const document of parseAllDocuments(text, kubeYamlOptions)) {
    if (!('errors' in document)) continue;
    const error = document.errors[0];
    if (error) problems.push({ code: 'InvalidYaml', severity: 'error', path: '', message: error.message });
    else value.push(document.toJS({ maxAliasCount: 1000 }));
  }
  return { value: value.filter((item) => item !== null && item !== undefined), problems };
}

/** The Kubernetes objects of a YAML or JSON text, with the items of `List`s in their place. */
export function parseKubeYaml(text: string): Result<KubeObject[]> {
  const { value, problems } = parseYamlDocuments(text);
  const objects: KubeObject[] = [];
  const found = [...problems];
  for (const [index, document] of value.entries()) collect(document, `document ${index + 1}`, objects, found);
  return { value: objects, problems: found };
}

function collect(document: any, where: string, objects: KubeObject[], problems: Problem[]): void {
  const missing = ['apiVersion', 'kind'].find((field) => typeof document?.[field] !== 'string');
  if (missing) {
    const message = `${where}: ${missing} is missing; a Kubernetes object names its apiVersion and kind`;
    problems.push({ code: 'NotAnObject', severity: 'error', path: missing, message });
  } else if (document.kind.endsWith('List') && Array.isArray(document.items)) {
    for (const [index, item] of document.items.entries())
      collect(item, `${where}, item ${index + 1}`, objects, problems);
  } else {
    objects.push({ ...document, metadata: document.metadata ?? {} });
  }
}

/** YAML as `kubectl get -o yaml` prints it: keys sorted, lists not indented. */
export function formatKubeYaml(value: unknown): string {
  return stringify(value, {
    version: '1.1',
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
