import { isObject } from '../../decode/go.ts';
import { forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError } from '../../types.ts';
import type { RawSchema } from '../node.ts';
import { inspectExpression } from './program.ts';
import { type CelType, maxRequest, typeOfSchema } from './types.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** The most that one rule, and that all rules of a schema may cost. */
const ruleBudget = 10_000_000;
const schemaBudget = 100_000_000;
const ceiling = 2 ** 64;

interface Expensive {
  readonly path: string;
  readonly cost: number;
}

/** Whether the CEL rules of a schema are written as they should be, and cheap enough. */
export function validateRules(schema: RawSchema, path: string): FieldError[] {
  const budget = new Budget();
  const errors: FieldError[] = [];
  walk({ schema, path, cardinality: 1, root: true, budget }, errors);
  return [...errors, ...budget.problems(path)];
}

class Budget {
  #total = 0;
  #expensive: Expensive[] = [];

  spend(path: string, cost: number): void {
    this.#total = Math.min(ceiling, this.#total + cost);
    if (cost < schemaBudget / 100) return;
    this.#expensive = [...this.#expensive, { path, cost }].toSorted((a, b) => b.cost - a.cost).slice(0, 4);
  }

  problems(path: string): FieldError[] {
    if (this.#total <= schemaBudget) return [];
    const text = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#expensive.map((one) => forbidden(one.path, text)),
      forbidden(path, tooCostly(what, this.#total, schemaBudget)),
    ];
  }
}

function tooCostly(what: string, cost: number, budget: number): string {
  const factor = cost / budget;
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  const hint =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
  return `${what} exceeds budget by factor of ${shown} (${hint})`;
}

interface Place {
  readonly schema: RawSchema;
  readonly path: string;
  /** How many values of this schema one object can have; undefined where nothing limits them. */
  readonly cardinality: number | undefined;
  readonly root: boolean;
  readonly budget: Budget;
}

function walk(place: Place, errors: FieldError[]): void {
  const { schema, path, cardinality, budget } = place;
  const inner = (child: RawSchema, at: string, most: number | undefined) => {
    const many = cardinality === undefined || most === undefined ? undefined : cardinality * most;
    walk({ schema: child, path: `${path}.${at}`, cardinality: many, root: false, budget }, errors);
  };
  for (const [name, property] of Object.entries<any>(schema.properties ?? {}))
    inner(property, `properties[${name}]`, 1);
  if (isObject(schema.additionalProperties))
    inner(schema.additionalProperties, 'additionalProperties', schema.maxProperties);
  if (isObject(schema.items)) inner(schema.items, 'items', schema.maxItems);
  const rules: any[] = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return;
  const at = (index: number) => `${path}.x-kubernetes-validations[${index}]`;
  const written = rules.flatMap((rule, index) => texts(rule, schema, at(index)));
  errors.push(...(written.length > 0 ? written : ruleProblems(rules, place, at)));
}

function ruleProblems(rules: readonly any[], place: Place, at: (index: number) => string): FieldError[] {
  const self = typeOfSchema(place.schema, place.root);
  if (self === undefined) return [];
  const times = place.cardinality ?? Math.floor(maxRequest / (self.least + 1));
  const check: Check = { self, times, budget: place.budget };
  return rules.flatMap((rule, index) => {
    const errors = expressionProblems(check, rule, 'rule', at(index));
    if (!rule.messageExpression) return errors;
    return [...errors, ...expressionProblems(check, rule, 'messageExpression', at(index))];
  });
}

interface Check {
  readonly self: CelType;
  /** How often the rule may run for one object. */
  readonly times: number;
  readonly budget: Budget;
}

function expressionProblems(
  { self, times, budget }: Check,
  rule: any,
  field: 'rule' | 'messageExpression',
  path: string,
): FieldError[] {
  const prefix = field === 'rule' ? '' : 'messageExpression ';
  const at = `${path}.${field}`;
  const refuse = (problem: string) => [invalidValue(at, shownRule(rule), problem)];
  const { cost, error, type } = inspectExpression(rule[field], self);
  if (error !== undefined) return refuse(`${prefix}compilation failed: ${error}`);
  const wanted = field === 'rule' ? 'bool' : 'string';
  if (type !== wanted) {
    const subject = field === 'rule' ? 'cel expression' : 'messageExpression';
    return refuse(`${subject} must evaluate to a ${wanted}`);
  }
  const whole = Math.min(ceiling, cost * times);
  budget.spend(at, whole);
  return whole > ruleBudget ? [forbidden(at, tooCostly(`estimated ${field} cost`, whole, ruleBudget))] : [];
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
