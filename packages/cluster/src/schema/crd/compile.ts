import { invalidValue } from '../errors.ts';
import type { CompiledCrd, CompiledVersion, FieldError, KubeObject, PrinterColumn } from '../types.ts';
import { validateObjectMeta } from '../validation/metadata.ts';
import { RuleSet } from './cel/rules.ts';
import { applyCustomDefaults } from './defaults.ts';
import { validateLists } from './lists.ts';
import { CustomNode } from './node.ts';
import { prune } from './prune.ts';
import { validateScale } from './scale.ts';
import { validateValue } from './values.ts';

/** Compiles the versions of a CustomResourceDefinition that `validateCrd` accepts. CEL rules are planned on first use. */
export function compileCrd(crd: KubeObject): CompiledCrd {
  const { group, names, scope, versions } = crd.spec;
  const compiled = (versions as any[]).map(
    (version) => [version.name, compileVersion(crd, version)] as const,
  );
  return {
    group,
    kind: names.kind,
    plural: names.plural,
    namespaced: scope === 'Namespaced',
    versions: new Map(compiled),
  };
}

const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: '',
};

const metadataNode = { type: 'object' };

function compileVersion(crd: KubeObject, version: any): CompiledVersion {
  const { group, names, scope } = crd.spec;
  const raw = version.schema?.openAPIV3Schema ?? {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  };
  const keepAll = crd.spec.preserveUnknownFields === true;
  const node = new CustomNode(keepAll ? { ...raw, 'x-kubernetes-preserve-unknown-fields': true } : raw);
  const rules = new RuleSet();
  const gvk = { group, version: version.name as string, kind: names.kind as string };
  const namespaced = scope === 'Namespaced';
  const valueSchema = { ...raw, properties: { ...raw.properties, metadata: metadataNode } };
  const columns: PrinterColumn[] = version.additionalPrinterColumns?.length
    ? version.additionalPrinterColumns
    : [ageColumn];
  const scale = version.subresources?.scale;
  return {
    gvk,
    custom: true,
    namespaced,
    root: node,
    served: version.served === true,
    storage: version.storage === true,
    deprecated: version.deprecated === true,
    deprecationWarning: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
    columns,
    hasStatus: version.subresources?.status !== undefined,
    ...(scale && { scale }),
    selectableFields: (version.selectableFields ?? []).map((field: any) => field.jsonPath.replace(/^\./, '')),
    rawSchema: version.schema?.openAPIV3Schema,
    prune: (object) => prune(object, node, true),
    applyDefaults: (object) => {
      applyCustomDefaults(object, node);
      return object;
    },
    validate: (object, old, subresource) => {
      const meta = typeMetaErrors(object, gvk);
      if (meta.length > 0) return meta;
      const errors = [
        ...validateObjectMeta(object, namespaced, old),
        ...unchanged(object, old, valueSchema).map(
          subresource === 'status' ? withinStatus : (error) => error,
        ),
        ...validateScale(object, scale),
        ...validateLists(object, node),
      ];
      if (!rules.has(node)) return errors;
      if (errors.some((error) => blocking.has(error.reason))) return [...errors, rulesNotChecked];
      return [...errors, ...rules.validate(node, object, old)];
    },
  };
}

/** Errors that keep rules from being run. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const rulesNotChecked: FieldError = invalidValue(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

function typeMetaErrors(object: KubeObject, gvk: CompiledVersion['gvk']): FieldError[] {
  const apiVersion = `${gvk.group}/${gvk.version}`;
  const errors: FieldError[] = [];
  if (object.kind !== gvk.kind) errors.push(invalidValue('kind', object.kind ?? '', `must be ${gvk.kind}`));
  if (object.apiVersion !== apiVersion)
    errors.push(invalidValue('apiVersion', object.apiVersion ?? '', `must be ${apiVersion}`));
  return errors;
}

/** A status is checked on its own: texts name fields as seen from there. */
function withinStatus(error: FieldError): FieldError {
  return { ...error, message: error.message.replace(/: status\.?(\S*) in body /, ': $1 in body ') };
}

/** Value errors; on an update those that stand in an unchanged part of the object are let pass. */
function unchanged(object: KubeObject, old: KubeObject | undefined, schema: any): FieldError[] {
  const errors = validateValue(object, schema);
  if (old === undefined || errors.length === 0) return errors;
  const before = new Set(validateValue(old, schema).map((error) => `${error.field} ${error.message}`));
  return errors.filter((error) => !ratcheted(error, before, object, old));
}

function ratcheted(
  error: FieldError,
  before: ReadonlySet<string>,
  object: KubeObject,
  old: KubeObject,
): boolean {
  if (!before.has(`${error.field} ${error.message}`)) return false;
  const top = /^[^.[]+/.exec(error.field)?.[0];
  return (
    top !== undefined &&
    JSON.stringify(valueAt(object, error.field)) === JSON.stringify(valueAt(old, error.field))
  );
}

function valueAt(object: unknown, path: string): unknown {
  const parts = path.split(/\.|\[|\]\.?/).filter((part) => part !== '');
  return parts.reduce<any>((value, part) => value?.[part], object);
}
