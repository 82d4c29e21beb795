import { badRequest, invalid } from '../errors.ts';

export type WriteKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

/** The query parameters of writes. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly force: boolean;
}

/** Reads and checks them; `userAgent` names the manager where the request does not. */
export function writeOptions(
  kind: WriteKind,
  query: URLSearchParams,
  userAgent: string | undefined,
): WriteOptions {
  const causes: { reason: string; message: string; field: string }[] = [];
  const unsupported = (field: string, value: string, allowed: readonly string[]) =>
    causes.push({
      reason: 'FieldValueNotSupported',
      field,
      message: `Unsupported value: ${value}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
    });
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    unsupported('dryRun', `[${dryRun.map((one) => JSON.stringify(one)).join(',')}]`, ['All']);
  }
  const fieldManager = query.get('fieldManager') ?? '';
  if (Buffer.byteLength(fieldManager) > 128) {
    causes.push({
      reason: 'FieldValueTooLong',
      field: 'fieldManager',
      message: 'Too long: may not be more than 128 bytes',
    });
  }
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  const levels = ['', 'Ignore', 'Strict', 'Warn'];
  if (!levels.includes(fieldValidation))
    unsupported('fieldValidation', JSON.stringify(fieldValidation), levels);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', causes);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: fieldManager || managerOf(userAgent),
    fieldValidation: fieldValidation as WriteOptions['fieldValidation'],
    force: ['true', '1'].includes(query.get('force') ?? ''),
  };
}

function managerOf(userAgent: string | undefined): string {
  return (userAgent ?? '').split('/')[0]!.slice(0, 128) || 'unknown';
}

/** An integer parameter; Go's complaint where it is none. */
export function parseInteger(text: string): number {
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}
