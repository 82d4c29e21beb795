import { invalid } from '../errors.ts';

interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** Refuses combinations of list and watch parameters that mean nothing. */
export function checkListOptions(query: URLSearchParams, watch: boolean): void {
  const causes = watch ? watchCauses(query) : listCauses(query);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}

function listCauses(query: URLSearchParams): Cause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const causes: Cause[] = [];
  if (match !== '') {
    if (version === '')
      causes.push(forbiddenMatch('resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (query.get('continue'))
      causes.push(forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      causes.push(unsupported(match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0') {
      causes.push(forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (query.get('sendInitialEvents')) {
    causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return causes;
}

function watchCauses(query: URLSearchParams): Cause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = Boolean(query.get('sendInitialEvents'));
  const causes: Cause[] = [];
  if (initial && match !== 'NotOlderThan') {
    causes.push(forbiddenMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match === '') return causes;
  if (!initial) {
    causes.push(
      forbiddenMatch('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    );
  }
  if (match !== 'NotOlderThan') causes.push(unsupported(match, ['NotOlderThan']));
  if (query.get('continue'))
    causes.push(forbiddenMatch('resourceVersionMatch is forbidden when continue is provided'));
  return causes;
}

function forbiddenMatch(text: string): Cause {
  return forbiddenField('resourceVersionMatch', text);
}

function forbiddenField(field: string, text: string): Cause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${text}` };
}

function unsupported(value: string, allowed: readonly string[]): Cause {
  const list = allowed.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', field: 'resourceVersionMatch', message };
}
