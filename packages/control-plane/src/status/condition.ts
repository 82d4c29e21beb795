import { formatProblem, type Problem } from '@lateen/kit';
import type { KubeObject } from '@lateen/kube/types';

/** How far the last push has got. */
export interface Delivery {
  readonly total: number;
  /** Proxies that have not confirmed it. */
  readonly waiting: readonly string[];
}

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  observedGeneration: number | undefined;
  lastTransitionTime: string;
}

const maxMessage = 2000;

function verdict(
  problems: readonly Problem[],
  { waiting }: Delivery,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) {
    return {
      status: 'False',
      reason: errors[0]!.code,
      message: errors.map(formatProblem).join('\n').slice(0, maxMessage),
    };
  }
  if (waiting.length > 0) {
    const names = waiting.slice(0, 5).join(', ');
    return {
      status: 'False',
      reason: 'NotConfirmed',
      message: `not confirmed yet by ${waiting.length} of the proxies: ${names}`,
    };
  }
  const warnings = problems.map(formatProblem).join('\n').slice(0, maxMessage);
  return { status: 'True', reason: 'Distributed', message: warnings };
}

/** The status of an Istio resource, given what is wrong with it and who has it. */
export function desiredStatus(
  object: KubeObject,
  problems: readonly Problem[],
  delivery: Delivery,
  now: number,
): object {
  const said = verdict(problems, delivery);
  const old: Condition[] = object.status?.conditions ?? [];
  const before = old.find(({ type }) => type === 'Reconciled');
  const lastTransitionTime =
    before?.status === said.status
      ? before.lastTransitionTime
      : `${new Date(now).toISOString().slice(0, 19)}Z`;
  const condition = {
    type: 'Reconciled',
    ...said,
    observedGeneration: object.metadata.generation,
    lastTransitionTime,
  };
  const others = old.filter(({ type }) => type !== 'Reconciled');
  return {
    conditions: [...others, condition],
    observedGeneration: object.metadata.generation,
    validationMessages: problems.map(validationMessage),
  };
}

function validationMessage(problem: Problem): object {
  return {
    level: problem.severity === 'error' ? 'ERROR' : 'WARNING',
    type: { name: problem.code, code: '' },
    documentationUrl: '',
  };
}

/** Equal but for fields that the server adds or drops. */
export function sameStatus(current: any, wanted: any): boolean {
  const essence = (status: any) =>
    JSON.stringify([
      (status?.conditions ?? []).map((c: Condition) => [c.type, c.status, c.reason ?? '', c.message ?? '']),
      Number(status?.observedGeneration ?? 0),
    ]);
  return essence(current) === essence(wanted);
}
