/** What a problem is about. `namespace` is absent for cluster-scoped objects. */
export interface ObjectRef {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** One thing that is wrong with one input: what, where, and what to do. */
export interface Problem {
  /** Stable, documented identifier such as `DestinationNotFound`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly object?: ObjectRef;
  /** Field path within the object, such as `spec.http[2].route[0].destination.host`. */
  readonly path: string;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

/** The result of a pure stage: what could be made, and everything that stood in the way. */
export interface Result<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

/** One line for people: `spec.http[2].timeout: must be a duration such as 5s`. */
export function formatProblem(problem: Problem): string {
  return problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
}
