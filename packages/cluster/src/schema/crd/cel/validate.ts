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
  const rules: any[] = schema['x-kubernetes-validations'] ?? [];
  const at = (index: number) => `${path}.x-kubernetes-validations[${index}]`;
  const written = rules.flatMap((rule, index) => texts(rule, schema, at(index)));
  errors.push(...(written.length > 0 ? written : rules.flatMap((rule, index) => compiled(rule, at(index)))));
}

function compiled(rule: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
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

function texts(given: any, schema: RawSchema, path: string): FieldError[] {
  const { rule = '', message = '', messageExpression = '', reason, fieldPath } = given;
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
  if (reason !== undefined && !reasons.includes(reason))
    errors.push(notSupported(`${path}.reason`, reason, reasons));
  if (fieldPath && !pathFits(fieldPath, schema))
    errors.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be a valid path'));
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
