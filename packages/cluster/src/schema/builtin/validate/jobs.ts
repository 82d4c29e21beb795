import { invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import { labelSelectorMatches } from '../../selector/labels.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { cronProblem } from './cron.ts';
import { validateTemplate } from './pod.ts';
import { immutable, labelSelector, nonNegative, oneOf, selectorUsable } from './rules.ts';

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

function jobSpec(spec: any, path: string): FieldError[] {
  const errors = counts.flatMap((count) => nonNegative(`${path}.${count}`, spec[count]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  errors.push(...completionMode(spec, path), ...validateTemplate(spec.template, `${path}.template`));
  return [...errors, ...restartPolicy(spec, `${path}.template.spec.restartPolicy`)];
}

function completionMode(spec: any, path: string): FieldError[] {
  const mode = spec.completionMode ?? 'NonIndexed';
  if (mode === 'Indexed') {
    return spec.completions === undefined
      ? [required(`${path}.completions`, 'when completion mode is Indexed')]
      : [];
  }
  const errors =
    mode === 'NonIndexed' ? [] : [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
    if (spec[field] !== undefined)
      errors.push(invalidValue(`${path}.${field}`, spec[field], 'requires indexed completion mode'));
  }
  return errors;
}

function restartPolicy(spec: any, field: string): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy ?? '';
  if (policy === 'Always' || policy === '') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never')
    return [notSupported(field, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy === undefined || policy === 'Never') return [];
  return [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

export function validateJob(job: KubeObject, old?: KubeObject): FieldError[] {
  const spec = job.spec ?? {};
  const errors = generatedSelector(job);
  errors.push(...jobSpec(spec, 'spec'));
  if (!spec.selector) errors.push(required('spec.selector'));
  else errors.push(...labelSelector('spec.selector', spec.selector));
  const labels = spec.template?.metadata?.labels;
  if (selectorUsable(spec.selector) && !labelSelectorMatches(spec.selector, labels)) {
    const text = '`selector` does not match template `labels`';
    errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, text));
  }
  return old === undefined ? errors : [...errors, ...jobUpdate(spec, old.spec)];
}

function generatedSelector(job: KubeObject): FieldError[] {
  const { uid = '', name = '' } = job.metadata;
  if (job.spec?.manualSelector === true || !job.spec?.selector) return [];
  const expected: Record<string, string> = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  };
  const labels = job.spec.template?.metadata?.labels ?? {};
  const errors = Object.entries(expected)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) =>
      invalidValue('spec.template.metadata.labels', labels, `must be '${value}' for label '${key}'`),
    );
  if (!labelSelectorMatches(job.spec.selector, expected)) {
    errors.push(invalidValue('spec.selector', job.spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

const fixed = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

function jobUpdate(spec: any, old: any): FieldError[] {
  const errors =
    spec.completionMode === 'Indexed' ? [] : immutable('spec.completions', spec.completions, old.completions);
  if (!deepEqual(spec.template, old.template) && !(old.suspend === true)) {
    errors.push(...immutable('spec.template', spec.template, old.template));
  }
  return [...errors, ...fixed.flatMap((field) => immutable(`spec.${field}`, spec[field], old[field]))];
}

export function validateCronJob(cronJob: KubeObject, old?: KubeObject): FieldError[] {
  const spec = cronJob.spec ?? {};
  const errors = [
    ...schedule(spec.schedule),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...timeZone(spec.timeZone),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...jobSpec(spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec'),
  ];
  const selector = spec.jobTemplate?.spec?.selector;
  if (selector)
    errors.push(
      invalidValue('spec.jobTemplate.spec.selector', selector, '`selector` will be auto-generated'),
    );
  errors.push(
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  );
  const { name = '' } = cronJob.metadata;
  if (old === undefined && name.length > 52)
    errors.push(invalidValue('metadata.name', name, 'must be no more than 52 characters'));
  return errors;
}

function schedule(text: string | undefined): FieldError[] {
  if (!text) return [required('spec.schedule')];
  const problem = cronProblem(text);
  const errors = problem === undefined ? [] : [invalidValue('spec.schedule', text, problem)];
  if (text.includes('TZ')) {
    const hint = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalidValue('spec.schedule', text, hint));
  }
  return errors;
}

function timeZone(zone: string | undefined): FieldError[] {
  if (zone === undefined) return [];
  const field = 'spec.timeZone';
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')];
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch {
    return [invalidValue(field, zone, `unknown time zone ${zone}`)];
  }
}
