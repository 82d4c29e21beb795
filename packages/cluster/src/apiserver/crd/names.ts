import type { KubeObject } from '@lateen/kube/types';

export interface Names {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  lastTransitionTime?: string;
}

export interface NameDecision {
  readonly accepted: Names;
  readonly conditions: readonly Condition[];
  readonly established: boolean;
}

/** Names that are taken in the definition's group by others. */
export interface TakenNames {
  /** Plurals, singulars and short names. */
  readonly resources: ReadonlySet<string>;
  /** Kinds and list kinds. */
  readonly kinds: ReadonlySet<string>;
}

/** Decides which of the wished names a definition gets. */
export function decideNames(definition: KubeObject, taken: TakenNames): NameDecision {
  const wished: Names = definition.spec.names;
  const before: Partial<Names> = definition.status?.acceptedNames ?? {};
  const accepted: Names = { ...before, plural: before.plural ?? '', kind: before.kind ?? '' };
  let failure: { reason: string; message: string } | undefined;
  const take = (reason: string, names: readonly string[], used: ReadonlySet<string>, assign: () => void) => {
    const clash = names.filter((name) => used.has(name));
    if (clash.length === 0) assign();
    else
      failure ??= {
        reason,
        message: clash.map((name) => `${JSON.stringify(name)} is already in use`).join(', '),
      };
  };
  take('PluralConflict', [wished.plural], taken.resources, () => {
    accepted.plural = wished.plural;
  });
  take('SingularConflict', [wished.singular ?? ''], taken.resources, () => {
    if (wished.singular) accepted.singular = wished.singular;
  });
  take('ShortNamesConflict', wished.shortNames ?? [], taken.resources, () => {
    if (wished.shortNames) accepted.shortNames = wished.shortNames;
    else delete accepted.shortNames;
  });
  take('KindConflict', [wished.kind], taken.kinds, () => {
    accepted.kind = wished.kind;
  });
  take('ListKindConflict', [wished.listKind ?? ''], taken.kinds, () => {
    if (wished.listKind) accepted.listKind = wished.listKind;
  });
  if (wished.categories) accepted.categories = wished.categories;
  else delete accepted.categories;
  return { accepted, ...conditionsFor(definition, failure) };
}

function conditionsFor(definition: KubeObject, failure: { reason: string; message: string } | undefined) {
  const names: Condition = failure
    ? { type: 'NamesAccepted', status: 'False', ...failure }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const current = (definition.status?.conditions ?? []).find((one: Condition) => one.type === 'Established');
  const was = current?.status === 'True';
  const established: Condition =
    !failure || was
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : {
          type: 'Established',
          status: 'False',
          reason: 'NotAccepted',
          message: 'not all names are accepted',
        };
  return { conditions: [names, established], established: established.status === 'True' };
}

export function isDefinition(object: KubeObject): boolean {
  return object.kind === 'CustomResourceDefinition' && object.apiVersion === 'apiextensions.k8s.io/v1';
}

/** The status of a definition that nobody has looked at yet. */
export function initialStatus(definition: KubeObject): unknown {
  const stored = definition.spec?.versions?.filter((version: any) => version.storage) ?? [];
  return {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: stored.map((version: any) => version.name),
  };
}
