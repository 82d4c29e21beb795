import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@lateen/kube/types';

/** Stands for "no schema": everything is kept. */
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const shared = ['schema', 'subresources', 'additionalPrinterColumns'] as const;

/** v1beta1 had one schema, one set of columns and subresources for all versions, and a schema was no duty. */
export function definitionToStored(definition: KubeObject): KubeObject {
  const { spec } = definition;
  if (!spec) return definition;
  const { version, validation, subresources, additionalPrinterColumns, preserveUnknownFields, ...rest } =
    spec;
  const versions: any[] = spec.versions?.length
    ? spec.versions
    : [{ name: version, served: true, storage: true }];
  definition.spec = {
    ...rest,
    versions: versions.map((one) => ({
      ...one,
      schema: { openAPIV3Schema: schemaOf(one.schema ?? validation, preserveUnknownFields !== false) },
      ...optional('subresources', one.subresources ?? subresources),
      ...optional(
        'additionalPrinterColumns',
        columnsToStored(one.additionalPrinterColumns ?? additionalPrinterColumns),
      ),
    })),
    ...(rest.conversion && { conversion: conversionToStored(rest.conversion) }),
  };
  return definition;
}

function optional(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value };
}

/** Schemas were not structural then: one without types says nothing that could be enforced now. */
function schemaOf(validation: any, preserve: boolean): unknown {
  const schema = validation?.openAPIV3Schema;
  if (schema?.type !== 'object') return anything;
  return preserve ? { ...schema, 'x-kubernetes-preserve-unknown-fields': true } : schema;
}

function columnsToStored(columns: any[] | undefined): unknown {
  return columns?.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: column.jsonPath ?? JSONPath }));
}

function conversionToStored(conversion: any): unknown {
  const { strategy, webhookClientConfig, conversionReviewVersions } = conversion;
  if (strategy !== 'Webhook') return { strategy: strategy ?? 'None' };
  return { strategy, webhook: { clientConfig: webhookClientConfig, conversionReviewVersions } };
}

export function definitionFromStored(definition: KubeObject): KubeObject {
  const { spec } = definition;
  if (!spec?.versions?.length) return definition;
  const versions: any[] = spec.versions;
  const first = versions[0];
  const same = versions.every((one) => shared.every((field) => isDeepStrictEqual(one[field], first[field])));
  definition.spec = {
    ...spec,
    version: first.name,
    preserveUnknownFields: preserved(first),
    versions: versions.map((one) => ({
      name: one.name,
      served: one.served,
      storage: one.storage,
      ...(!same && fromVersion(one)),
    })),
    ...(same && sharedParts(first)),
  };
  return definition;
}

function preserved(version: any): boolean {
  return version.schema?.openAPIV3Schema?.['x-kubernetes-preserve-unknown-fields'] === true;
}

function sharedParts(version: any): Record<string, unknown> {
  const { schema, ...rest } = fromVersion(version);
  return { ...rest, ...optional('validation', schema) };
}

function fromVersion(version: any): any {
  const { additionalPrinterColumns, schema, subresources, name, served, storage, ...rest } = version;
  const whole = schema?.openAPIV3Schema;
  return {
    ...rest,
    ...optional('subresources', subresources),
    ...optional(
      'additionalPrinterColumns',
      additionalPrinterColumns?.map(({ jsonPath, ...column }: any) => ({ ...column, JSONPath: jsonPath })),
    ),
    ...(whole && !isDeepStrictEqual(whole, anything) && { schema: { openAPIV3Schema: whole } }),
  };
}
