interface CronField {
  readonly minimum: number;
  readonly maximum: number;
  readonly names?: readonly string[];
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const days = 'sun mon tue wed thu fri sat'.split(' ');

const fields: readonly CronField[] = [
  { minimum: 0, maximum: 59 },
  { minimum: 0, maximum: 23 },
  { minimum: 1, maximum: 31 },
  { minimum: 1, maximum: 12, names: months },
  { minimum: 0, maximum: 6, names: days },
];

const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What is wrong with a standard cron schedule, in the words of the library that Kubernetes uses. */
export function cronProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  const text = schedule.replace(/^(?:TZ|CRON_TZ)=\S+\s+/, '');
  if (text.startsWith('@')) return descriptorProblem(text);
  const parts = text.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) {
    return `expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [index, part] of parts.entries()) {
    for (const item of part.split(',')) {
      const problem = rangeProblem(item, fields[index]!);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(text: string): string | undefined {
  if (descriptors.includes(text) || /^@every \S+$/.test(text)) return undefined;
  return `unrecognized descriptor: ${text}`;
}

function rangeProblem(expression: string, field: CronField): string | undefined {
  const [range = '', step, ...more] = expression.split('/');
  const [low = '', high, ...rest] = range.split('-');
  if (more.length > 0) return `too many slashes: ${expression}`;
  if (rest.length > 0) return `too many hyphens: ${expression}`;
  const start = low === '*' || low === '?' ? field.minimum : parse(low, field);
  const single = high === undefined && low !== '*' && low !== '?';
  const end = high !== undefined ? parse(high, field) : single && step === undefined ? start : field.maximum;
  for (const bound of [start, end]) if (typeof bound === 'string') return bound;
  const by = step === undefined ? 1 : parseNumber(step);
  if (typeof by === 'string') return by;
  return boundsProblem(expression, start as number, end as number, by, field);
}

function boundsProblem(
  expression: string,
  start: number,
  end: number,
  by: number,
  field: CronField,
): string | undefined {
  if (start < field.minimum)
    return `beginning of range (${start}) below minimum (${field.minimum}): ${expression}`;
  if (end > field.maximum) return `end of range (${end}) above maximum (${field.maximum}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return by === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

function parse(text: string, field: CronField): number | string {
  const index = field.names?.indexOf(text.toLowerCase()) ?? -1;
  return index === -1 ? parseNumber(text) : index + field.minimum;
}

function parseNumber(text: string): number | string {
  if (/^[-+]?\d+$/.test(text))
    return Number(text) < 0 ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text);
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
