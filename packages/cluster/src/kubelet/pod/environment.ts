import type { KubeObject } from '@lateen/kube';
import { expandVariables } from './expand.ts';
import { fieldValue, type PodFacts, resourceValue } from './field-ref.ts';

/** Read access to what a pod's containers may refer to. */
export interface References {
  configMap(namespace: string, name: string): KubeObject | undefined;
  secret(namespace: string, name: string): KubeObject | undefined;
}

/** A container's configuration refers to something that is not there (yet); the kubelet tries again. */
export class ConfigError extends Error {}

export interface EnvironmentInput {
  readonly pod: KubeObject;
  readonly container: any;
  readonly facts: PodFacts;
  readonly references: References;
  /** The image's variables and the services'; a container's own win. */
  readonly base: Readonly<Record<string, string>>;
}

/** The variables of a container. Throws `ConfigError` when a reference that is not optional leads nowhere. */
export function containerEnvironment(input: EnvironmentInput): Record<string, string> {
  const { container, base } = input;
  const variables: Record<string, string> = { ...base };
  for (const source of container.envFrom ?? []) Object.assign(variables, fromSource(input, source));
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? fromReference(input, variable.valueFrom)
      : expandVariables(variable.value ?? '', variables);
    if (value !== undefined) variables[variable.name] = value;
  }
  return variables;
}

function fromSource(input: EnvironmentInput, source: any): Record<string, string> {
  const reference = source.configMapRef ?? source.secretRef;
  const object = find(input, source.configMapRef ? 'configmap' : 'secret', reference);
  const prefix = source.prefix ?? '';
  return Object.fromEntries(Object.entries(textData(object)).map(([key, value]) => [prefix + key, value]));
}

function fromReference(input: EnvironmentInput, from: any): string | undefined {
  const { pod, container, facts } = input;
  if (from.fieldRef) return fieldValue(pod, facts, from.fieldRef.fieldPath);
  if (from.resourceFieldRef) {
    const named = from.resourceFieldRef.containerName;
    const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const target = named ? all.find(({ name }: any) => name === named) : container;
    return resourceValue(target ?? container, facts, from.resourceFieldRef);
  }
  const kind = from.configMapKeyRef ? 'configmap' : 'secret';
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (!reference) return undefined;
  const object = find(input, kind, reference);
  const value = textData(object)[reference.key];
  if (value === undefined && object && !reference.optional) {
    const word = kind === 'configmap' ? 'ConfigMap' : 'Secret';
    throw new ConfigError(
      `couldn't find key ${reference.key} in ${word} ${pod.metadata.namespace}/${reference.name}`,
    );
  }
  return value;
}

function find(input: EnvironmentInput, kind: 'configmap' | 'secret', reference: any): KubeObject | undefined {
  const namespace = input.pod.metadata.namespace!;
  const { references } = input;
  const object =
    kind === 'configmap'
      ? references.configMap(namespace, reference.name)
      : references.secret(namespace, reference.name);
  if (!object && !reference.optional) throw new ConfigError(`${kind} "${reference.name}" not found`);
  return object;
}

/** The texts of a ConfigMap or Secret; a Secret's are base64 in the API. */
export function textData(object: KubeObject | undefined): Record<string, string> {
  if (!object) return {};
  if (object.kind !== 'Secret') return object.data ?? {};
  const entries = Object.entries((object.data ?? {}) as Record<string, string>);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
