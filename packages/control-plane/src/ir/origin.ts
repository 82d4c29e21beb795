/** The line of configuration that something was made from. */
export interface Origin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Field path, such as `spec.http[0]`. */
  readonly path: string;
}

export function at(origin: Origin, path: string): Origin {
  return { ...origin, path };
}
