import { duplicate, forbidden, invalidValue, notSupported, required } from '../errors.ts';
import { deepEqual } from '../patch/json.ts';
import type { FieldError, KubeObject } from '../types.ts';
import { isDns1035Label, isDns1123Subdomain } from '../validation/names.ts';
import { validateSchema } from './schema-validate.ts';

/** Everything against a CustomResourceDefinition; with `old` also what an update may not change. */
export function validateCrd(crd: KubeObject, old?: KubeObject): FieldError[] {
  const spec = crd.spec ?? {};
  const errors = [
    ...validateName(crd, old),
    ...validateGroup(spec.group ?? ''),
    ...validateScope(spec.scope ?? ''),
    ...missingSchemas(spec),
    ...validateVersions(spec),
    ...validateNames(spec.names ?? {}),
    ...validateConversion(spec.conversion),
    ...validateStoredVersions(crd),
  ];
  if (spec.preserveUnknownFields === true) {
    const text =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, text));
  }
  return old === undefined ? errors : [...errors, ...validateUpdate(crd, old)];
}

function validateName(crd: KubeObject, old?: KubeObject): FieldError[] {
  if (old !== undefined) return [];
  const { name = '' } = crd.metadata;
  const wanted = `${crd.spec?.names?.plural ?? ''}.${crd.spec?.group ?? ''}`;
  return name === wanted || name === ''
    ? []
    : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function validateGroup(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const complaints = isDns1123Subdomain(group);
  if (complaints.length > 0) return [invalidValue('spec.group', group, complaints.join(','))];
  return group.includes('.')
    ? []
    : [invalidValue('spec.group', group, 'should be a domain with at least one dot')];
}

function validateScope(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  return ['Cluster', 'Namespaced'].includes(scope)
    ? []
    : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function missingSchemas({ versions = [] }: any): FieldError[] {
  if (hoisted(versions) && versions[0]?.schema?.openAPIV3Schema) return [];
  return versions.flatMap((version: any, index: number) =>
    version.schema?.openAPIV3Schema ? [] : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
  );
}

/** Whether all versions say the same, so that Kubernetes talks about it as if it stood at the top. */
function hoisted(versions: readonly any[], field = 'schema'): boolean {
  return versions.every((version) => deepEqual(version[field] ?? null, versions[0][field] ?? null));
}

function validateVersions(spec: any): FieldError[] {
  const versions: any[] = spec.versions ?? [];
  const errors: FieldError[] = [];
  versions.forEach((version, index) => {
    const at = `spec.versions[${index}]`;
    const complaints = isDns1035Label(version.name ?? '');
    if (complaints.length > 0)
      errors.push(invalidValue(`${at}.name`, version.name ?? '', complaints.join(',')));
    if (version.deprecationWarning !== undefined && !version.deprecated) {
      errors.push(
        invalidValue(
          `${at}.deprecationWarning`,
          version.deprecationWarning,
          'can only be set for deprecated versions',
        ),
      );
    }
  });
  const first = versions[0]?.name ?? '';
  const complaints = versions.length === 0 ? [] : isDns1035Label(first);
  if (complaints.length > 0) errors.push(invalidValue('spec.version', first, complaints.join(',')));
  const shown = versions.length === 0 ? null : versions.map(internalVersion(versions));
  if (new Set(versions.map((version) => version.name)).size !== versions.length) {
    errors.push(invalidValue('spec.versions', shown, 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(
      invalidValue('spec.versions', shown, 'must have exactly one version marked as storage version'),
    );
  }
  return [...errors, ...versionContents(versions)];
}

/** A version as Kubernetes' inner type prints it. */
function internalVersion(versions: readonly any[]): (version: any) => unknown {
  const own = (field: string, version: any) => (hoisted(versions, field) ? null : (version[field] ?? null));
  return (version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: own('schema', version),
    Subresources: own('subresources', version),
    AdditionalPrinterColumns: own('additionalPrinterColumns', version),
    SelectableFields: own('selectableFields', version),
  });
}

/** Each version's schema, subresources and columns; what all share is looked at once, under its old path. */
function versionContents(versions: readonly any[]): FieldError[] {
  if (versions.length === 0) return [];
  const each = (
    field: string,
    top: string,
    check: (value: any, path: string, version: any) => FieldError[],
  ) => {
    if (hoisted(versions, field)) return check(versions[0][field], `spec.${top}`, versions[0]);
    return versions.flatMap((version, index) =>
      check(version[field], `spec.versions[${index}].${field}`, version),
    );
  };
  return [
    ...each('schema', 'validation', (schema, path, version) =>
      schema?.openAPIV3Schema
        ? validateSchema(
            schema.openAPIV3Schema,
            `${path}.openAPIV3Schema`,
            version.subresources?.status !== undefined,
          )
        : [],
    ),
    ...each('subresources', 'subresources', (value, path) =>
      validateScalePaths(value?.scale, `${path}.scale`),
    ),
    ...each('additionalPrinterColumns', 'additionalPrinterColumns', (columns, path) =>
      (columns ?? []).flatMap((column: any, index: number) => validateColumn(column, `${path}[${index}]`)),
    ),
    ...each('selectableFields', 'selectableFields', (fields, path, version) =>
      validateSelectable(fields ?? [], path, version),
    ),
  ];
}

function simplePath(path: string, field: string): FieldError[] {
  return path.startsWith('.')
    ? []
    : [invalidValue(field, path, 'must be a simple json path starting with .')];
}

function validateScalePaths(scale: any, path: string): FieldError[] {
  if (!scale) return [];
  const under = (field: string, roots: readonly string[], text: string, needed: boolean): FieldError[] => {
    const value = scale[field] ?? '';
    if (value === '') return needed ? [required(`${path}.${field}`)] : [];
    const errors = simplePath(value, `${path}.${field}`);
    if (errors.length > 0 || roots.some((root) => value.startsWith(root))) return errors;
    return [invalidValue(`${path}.${field}`, value, `should be a json path under ${text}`)];
  };
  return [
    ...under('specReplicasPath', ['.spec.'], '.spec', true),
    ...under('statusReplicasPath', ['.status.'], '.status', true),
    ...under('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status', false),
  ];
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn(column: any, path: string): FieldError[] {
  const errors = column.name ? [] : [required(`${path}.name`)];
  const types = `must be one of ${columnTypes.join(',')}`;
  if (!column.type) errors.push(required(`${path}.type`, types));
  else if (!columnTypes.includes(column.type)) errors.push(invalidValue(`${path}.type`, column.type, types));
  if (column.format && !columnFormats.includes(column.format)) {
    errors.push(invalidValue(`${path}.format`, column.format, `must be one of ${columnFormats.join(',')}`));
  }
  if (!column.jsonPath) return [...errors, required(`${path}.JSONPath`)];
  return [...errors, ...simplePath(column.jsonPath, `${path}.JSONPath`)];
}

function validateSelectable(fields: readonly any[], path: string, version: any): FieldError[] {
  const seen = new Set<string>();
  return fields.flatMap(({ jsonPath = '' }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === '') return [required(at)];
    const problem = selectableProblem(jsonPath, version.schema?.openAPIV3Schema ?? {});
    const errors = problem === undefined ? [] : [invalidValue(at, jsonPath, problem)];
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
    return errors;
  });
}

function selectableProblem(path: string, schema: any): string | undefined {
  if (path.includes('[')) return 'is an invalid path: array notation is not allowed';
  if (!path.startsWith('.')) return `is an invalid path: expected [ or . but got: ${path.split('.')[0]}`;
  let at = schema;
  for (const part of path.slice(1).split('.')) {
    at = at.properties?.[part];
    if (at === undefined) return 'is an invalid path: does not refer to a valid field';
  }
  if (path.startsWith('.metadata')) return 'must not point to fields in metadata';
  if (['string', 'boolean', 'integer'].includes(at.type)) return undefined;
  return 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
}

function validateNames(names: any): FieldError[] {
  const errors = ['plural', 'singular', 'kind', 'listKind'].flatMap((field) =>
    names[field] ? [] : [required(`spec.names.${field}`)],
  );
  const label = (field: string, value: string, checked = value, prefix = '') => {
    const complaints = value === '' ? [] : isDns1035Label(checked);
    if (complaints.length > 0)
      errors.push(invalidValue(`spec.names.${field}`, value, prefix + complaints.join(',')));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  label('plural', names.plural ?? '');
  label('singular', names.singular ?? '');
  for (const field of ['kind', 'listKind'])
    label(field, names[field] ?? '', (names[field] ?? '').toLowerCase(), mixed);
  for (const [index, name] of (names.shortNames ?? []).entries()) label(`shortNames[${index}]`, name);
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidValue('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
  }
  for (const [index, name] of (names.categories ?? []).entries()) label(`categories[${index}]`, name);
  return errors;
}

function validateConversion(conversion: any): FieldError[] {
  const path = 'spec.conversion';
  const strategy = conversion?.strategy ?? 'None';
  if (strategy !== 'None' && strategy !== 'Webhook')
    return [notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])];
  if (strategy === 'None') {
    return conversion?.webhook
      ? [forbidden(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook')]
      : [];
  }
  const errors = conversion.webhook?.clientConfig
    ? []
    : [required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook')];
  const versions: string[] = conversion.webhook?.conversionReviewVersions ?? [];
  if (versions.length === 0) errors.push(required(`${path}.conversionReviewVersions`));
  return errors;
}

function validateStoredVersions(crd: KubeObject): FieldError[] {
  const stored: string[] = crd.status?.storedVersions ?? [];
  const names: string[] = (crd.spec?.versions ?? []).map((version: any) => version.name);
  const storage = (crd.spec?.versions ?? []).some((version: any) => version.storage);
  if (stored.length === 0 && !storage)
    return [invalidValue('status.storedVersions', null, 'must have at least one stored version')];
  return stored.flatMap((version, index) => {
    if (names.includes(version)) return [];
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    return [invalidValue(`status.storedVersions[${index}]`, version, text)];
  });
}

function validateUpdate(crd: KubeObject, old: KubeObject): FieldError[] {
  const conditions: any[] = old.status?.conditions ?? [];
  const established = conditions.some(({ type, status }) => type === 'Established' && status === 'True');
  const fixed = (field: string, now: unknown, before: unknown) =>
    now === before ? [] : [invalidValue(field, now ?? '', 'field is immutable')];
  const { spec } = crd;
  return [
    ...(established
      ? [
          ...fixed('spec.scope', spec.scope, old.spec.scope),
          ...fixed('spec.names.kind', spec.names?.kind, old.spec.names?.kind),
        ]
      : []),
    ...fixed('spec.group', spec.group, old.spec.group),
    ...fixed('spec.names.plural', spec.names?.plural, old.spec.names?.plural),
  ];
}
