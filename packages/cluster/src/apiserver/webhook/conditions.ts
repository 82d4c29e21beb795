import { compileExpression, wellKnownValues } from '../../schema/crd/cel/program.ts';
import { toCel } from '../../schema/crd/cel/values.ts';
import { WebhookFailure } from './call.ts';

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/**
 * Whether all match conditions of a webhook hold for a request, as its AdmissionReview has it. A condition that is false
 * decides, whatever fails beside it; a failure without one is a WebhookFailure, which the failure policy judges.
 */
export function conditionsHold(conditions: readonly MatchCondition[], request: Record<string, any>): boolean {
  const { object, oldObject, ...rest } = request;
  const value = (input: unknown) => toCel(input ?? null, undefined, wellKnownValues()) ?? null;
  const variables = { request: value(rest), object: value(object), oldObject: value(oldObject) };
  const failures: string[] = [];
  for (const { name, expression } of conditions) {
    const { program, error } = compileExpression(expression);
    const outcome = program ? program(variables) : { error };
    if (outcome.error !== undefined) failures.push(`${name}: ${outcome.error}`);
    else if (outcome.value === false) return false;
  }
  if (failures.length > 0)
    throw new WebhookFailure(`match conditions could not be evaluated: ${failures.join(', ')}`);
  return true;
}
