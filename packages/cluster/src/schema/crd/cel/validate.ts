import { isObject } from '../../decode/go.ts';
import { invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError } from '../../types.ts';
import type { RawSchema } from '../node.ts';
import { compileExpression } from './program.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Whether the CEL rules of a schema are written as they should be. */
export function validateRules(schema: RawSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, path, errors);
  return errors;
}

function walk(schema: RawSchema, path: string, errors: FieldError[]): void {
  for (const [name, property] of Object.entries<any>(schema.properties ?? {}))
    walk(property, `${path}.properties[${name}]`, errors);
  if (isObject(schema.additionalProperties))
    walk(schema.additionalProperties, `${path}.additionalProperties`, errors);
  if (isObject(schema.items)) walk(schema.items, `${path}.items`, errors);
  (schema['x-kubernetes-validations'] ?? []).forEach((rule: any, index: number) => {
    errors.push(...validateRule(rule, schema, `${path}.x-kubernetes-validations[${index}]`));
  });
}

function validateRule(rule: any, schema: RawSchema, path: string): FieldError[] {
  const errors = texts(rule, path);
  if (rule.reason !== undefined && !reasons.includes(rule.reason))
    errors.push(notSupported(`${path}.reason`, rule.reason, reasons));
  if (rule.fieldPath && !pathFits(rule.fieldPath, schema))
    errors.push(invalidValue(`${path}.fieldPath`, rule.fieldPath, 'must be a valid path'));
  if (errors.length > 0) return errors;
  const { error } = compileExpression(rule.rule);
  if (error !== undefined)
    errors.push(invalidValue(`${path}.rule`, shownRule(rule), `compilation failed: ERROR: ${error}`));
  if (!rule.messageExpression) return errors;
  const message = compileExpression(rule.messageExpression).error;
  if (message === undefined) return errors;
  return [
    ...errors,
    invalidValue(
      `${path}.messageExpression`,
      shownRule(rule),
      `messageExpression compilation failed: ERROR: ${message}`,
    ),
  ];
}

/** A rule as Kubernetes' inner type prints it. */
function shownRule(rule: any): unknown {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function texts({ rule = '', message = '', messageExpression = '' }: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (rule.trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '')
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'));
  else if (message.trim().includes('\n'))
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'));
  else if (rule.trim().includes('\n') && message.trim() === '') {
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  return errors;
}

function pathFits(path: string, schema: RawSchema): boolean {
  let at: any = schema;
  for (const [, name, quoted] of path.matchAll(/\.([^.[\]]+)|\['([^']*)'\]/g)) {
    at =
      at?.properties?.[name ?? quoted!] ??
      (isObject(at?.additionalProperties) ? at.additionalProperties : undefined);
    if (at === undefined) return false;
  }
  return path.startsWith('.') || path.startsWith('[');
}
