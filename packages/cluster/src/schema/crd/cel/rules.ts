import { isObject } from '../../decode/go.ts';
import { duplicate, forbidden, invalidValue, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import type { FieldError } from '../../types.ts';
import type { CustomNode } from '../node.ts';
import { compileExpression, type Program, wellKnownValues } from './program.ts';
import { escapeField, toCel } from './values.ts';

interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

interface CompiledRule {
  readonly source: Rule;
  readonly usesOldSelf: boolean;
  readonly program?: Program;
  readonly message?: Program;
  readonly error?: string;
}

/** The CEL rules of one schema; each is planned when it is first needed. */
export class RuleSet {
  private readonly rules = new Map<CustomNode, readonly CompiledRule[]>();
  private readonly ruled = new Map<CustomNode, boolean>();

  /** Whether a node or anything in it has rules. */
  has(node: CustomNode): boolean {
    let known = this.ruled.get(node);
    if (known === undefined) {
      known = hasRules(node.raw);
      this.ruled.set(node, known);
    }
    return known;
  }

  /** Runs every rule on a whole object. */
  validate(node: CustomNode, object: unknown, old: unknown): FieldError[] {
    if (!this.has(node)) return [];
    const wellKnown = wellKnownValues();
    const self = toCel(object, node, wellKnown, true);
    const oldSelf = old === undefined ? undefined : toCel(old, node, wellKnown, true);
    return this.walk({ node, raw: object, rawOld: old, self, oldSelf, path: '', root: true });
  }

  private walk(at: Place): FieldError[] {
    if (at.raw === null || at.raw === undefined || !this.has(at.node)) return [];
    const own = this.compiled(at.node).flatMap((rule) => runRule(rule, at));
    return [...own, ...children(at).flatMap((child) => this.walk(child))];
  }

  private compiled(node: CustomNode): readonly CompiledRule[] {
    let rules = this.rules.get(node);
    if (rules === undefined) {
      rules = rulesOf(node.raw).map(compileRule);
      this.rules.set(node, rules);
    }
    return rules;
  }
}

interface Place {
  readonly node: CustomNode;
  readonly raw: unknown;
  readonly rawOld: unknown;
  readonly self: any;
  readonly oldSelf: any;
  readonly path: string;
  readonly root: boolean;
}

/** Rules of a node, those of its allOf branches too. */
function rulesOf(raw: any): Rule[] {
  return [...(raw['x-kubernetes-validations'] ?? []), ...(raw.allOf ?? []).flatMap(rulesOf)];
}

function hasRules(raw: any): boolean {
  if (rulesOf(raw).length > 0) return true;
  if (Object.values(raw.properties ?? {}).some(hasRules)) return true;
  if (isObject(raw.items) && hasRules(raw.items)) return true;
  return isObject(raw.additionalProperties) && hasRules(raw.additionalProperties);
}

function compileRule(source: Rule): CompiledRule {
  const { program, error } = compileExpression(source.rule);
  const message = source.messageExpression ? compileExpression(source.messageExpression).program : undefined;
  return {
    source,
    usesOldSelf: /\boldSelf\b/.test(source.rule),
    ...(program && { program }),
    ...(message && { message }),
    ...(error !== undefined && { error }),
  };
}

function children(at: Place): Place[] {
  const { node, raw } = at;
  if (Array.isArray(raw)) {
    const items = node.items();
    if (items === undefined) return [];
    return raw.map((item, index) => listPlace(at, items, item, index));
  }
  if (!isObject(raw)) return [];
  return Object.entries(raw).flatMap(([key, item]) => {
    const child = node.field(key);
    if (child !== undefined)
      return [mapPlace(at, child, key, item, escapeField(key), at.path === '' ? key : `${at.path}.${key}`)];
    const values = node.type === 'map' ? node.items() : undefined;
    return values === undefined ? [] : [mapPlace(at, values, key, item, key, `${at.path}[${key}]`)];
  });
}

function mapPlace(at: Place, node: CustomNode, key: string, raw: unknown, name: string, path: string): Place {
  const rawOld = isObject(at.rawOld) ? at.rawOld[key] : undefined;
  return {
    node,
    raw,
    rawOld,
    self: at.self?.get?.(name),
    oldSelf: at.oldSelf?.get?.(name),
    path,
    root: node.embeddedResource,
  };
}

/** Entries of a list have an old value only when they can be told apart by their keys. */
function listPlace(at: Place, node: CustomNode, raw: unknown, index: number): Place {
  const oldIndex = oldIndexOf(at, raw);
  const rawOld = oldIndex === -1 ? undefined : (at.rawOld as unknown[])[oldIndex];
  const oldSelf = oldIndex === -1 ? undefined : at.oldSelf?.[oldIndex];
  return {
    node,
    raw,
    rawOld,
    self: at.self?.[index],
    oldSelf,
    path: `${at.path}[${index}]`,
    root: node.embeddedResource,
  };
}

function oldIndexOf(at: Place, raw: unknown): number {
  const keys = at.node.listMapKeys;
  if (at.node.listType !== 'map' || keys === undefined || !Array.isArray(at.rawOld) || !isObject(raw))
    return -1;
  return at.rawOld.findIndex((old) => isObject(old) && keys.every((key) => deepEqual(old[key], raw[key])));
}

function typeName(at: Place): string {
  return at.root ? 'object' : (at.node.raw.type ?? '');
}

function ruleText(rule: Rule): string {
  return (rule.message || rule.rule).trim();
}

function runRule(rule: CompiledRule, at: Place): FieldError[] {
  const path = at.path === '' ? '<nil>' : at.path;
  if (rule.error !== undefined)
    return [invalidValue(path, typeName(at), `rule compile error: ${rule.error}`)];
  if (rule.usesOldSelf && at.rawOld === undefined) return [];
  const variables = { self: at.self, ...(rule.usesOldSelf && { oldSelf: at.oldSelf }) };
  const { value, error } = rule.program!(variables);
  if (error !== undefined) return [evaluationError(path, typeName(at), rule.source, error)];
  if (value === true) return [];
  if (!rule.usesOldSelf && at.rawOld !== undefined && deepEqual(at.raw, at.rawOld)) return [];
  return [failure(rule, at, path, variables)];
}

function evaluationError(path: string, type: string, rule: Rule, error: string): FieldError {
  if (!error.startsWith('no such overload'))
    return invalidValue(path, type, `${error} evaluating rule: ${ruleText(rule)}`);
  const text = 'call arguments did not match a supported operator, function or macro signature for rule';
  return invalidValue(path, type, `'${error}': ${text}: ${ruleText(rule)}`);
}

function failure(
  rule: CompiledRule,
  at: Place,
  path: string,
  variables: Record<string, unknown>,
): FieldError {
  const { source } = rule;
  const expressed = rule.message?.(variables).value;
  const usable = typeof expressed === 'string' && expressed.trim() !== '' && !expressed.includes('\n');
  const fallback = source.message ? source.message.trim() : `failed rule: ${source.rule.trim()}`;
  const detail = usable ? expressed : fallback;
  const field = source.fieldPath ? (at.path + normalPath(source.fieldPath)).replace(/^\./, '') : path;
  switch (source.reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, typeName(at));
    default:
      return invalidValue(field, typeName(at), detail);
  }
}

/** `['a']` in a field path is `.a`. */
function normalPath(path: string): string {
  return path.replace(/\['([^']*)'\]/g, '.$1');
}
