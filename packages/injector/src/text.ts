import type { Problem, Result } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';
import { parseYamlDocuments } from '@lateen/kube/yaml';
import { stringify } from 'yaml';
import type { InjectionConfig } from './config.ts';
import { injectObject } from './object.ts';

/** A file of Kubernetes objects with sidecars in it, as YAML documents. */
export function injectText(
  text: string,
  config: InjectionConfig,
  defaultNamespace = 'default',
): Result<string> {
  const documents = parseYamlDocuments(text);
  const problems: Problem[] = [...documents.problems];
  const objects = documents.value.filter(
    (value) => typeof value === 'object' && value !== null,
  ) as KubeObject[];
  const injected = objects.map((object) => {
    const result = injectObject(object, config, defaultNamespace);
    problems.push(...result.problems);
    return stringify(result.value, { lineWidth: 0, version: '1.1' });
  });
  return { value: injected.join('---\n'), problems };
}
