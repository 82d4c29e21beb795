import { duplicate, forbidden, invalidValue, notSupported, required } from '../../errors.ts';
import { deepEqual } from '../../patch/json.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { validateAnnotations, validateLabels } from '../../validation/metadata.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  regexError,
} from '../../validation/names.ts';
import { hostPortConflicts, userOrGroupId, validateContainer, validateProbes } from './container.ts';
import { ipAddress, labelSelector, named, oneOf } from './rules.ts';
import { validateVolumes } from './volumes.ts';

export function validatePod(pod: KubeObject, old?: KubeObject): FieldError[] {
  const errors = [...validatePodSpec(pod.spec ?? {}, 'spec'), ...imageBlanks(pod.spec ?? {})];
  if (old !== undefined) return [...errors, ...validatePodUpdate(pod, old)];
  if (pod.spec?.ephemeralContainers?.length)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (pod.spec?.nodeName && pod.spec.schedulingGates?.length) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

/** Blanks around an image, which templates may have. */
function imageBlanks(spec: any): FieldError[] {
  return ['containers', 'initContainers'].flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image = '' }: any, index: number) =>
      image.trim() === image
        ? []
        : [
            invalidValue(
              `spec.${list}[${index}].image`,
              image,
              'must not have leading or trailing whitespace',
            ),
          ],
    ),
  );
}

/** A template's labels, annotations and spec. */
export function validateTemplate(template: any, path: string): FieldError[] {
  const { metadata = {}, spec = {} } = template ?? {};
  const errors = [
    ...validateLabels(metadata.labels, `${path}.labels`),
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
  ];
  if (spec.ephemeralContainers?.length) {
    errors.push(
      forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    );
  }
  return errors;
}

export function validatePodSpec(spec: any, path: string): FieldError[] {
  const { names, errors: volumeErrors } = validateVolumes(spec.volumes ?? [], `${path}.volumes`);
  return [
    ...volumeErrors,
    ...validateContainers(spec.containers ?? [], `${path}.containers`, names),
    ...validateInitContainers(spec, `${path}.initContainers`, names),
    ...oneOf(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validateSecurity(spec, `${path}.securityContext`),
    ...hostNetworkPorts(spec, `${path}`),
    ...validatePlacement(spec, path),
    ...validateDns(spec, `${path}.dnsConfig`),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateAliases(spec.hostAliases ?? [], `${path}.hostAliases`),
  ];
}

/** Where the pod may run: affinity and spreading. */
function validatePlacement(spec: any, path: string): FieldError[] {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [
    ...affinityTerms(podAffinity, `${path}.affinity.podAffinity`),
    ...affinityTerms(podAntiAffinity, `${path}.affinity.podAntiAffinity`),
    ...(spec.topologySpreadConstraints ?? []).flatMap((constraint: any, index: number) =>
      spreadConstraint(constraint, `${path}.topologySpreadConstraints[${index}]`),
    ),
  ];
}

function affinityTerms(affinity: any, path: string): FieldError[] {
  const [hard, soft] = [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ];
  const preferred: any[] = affinity?.[soft] ?? [];
  return [
    ...(affinity?.[hard] ?? []).flatMap((term: any, index: number) =>
      affinityTerm(term, `${path}.${hard}[${index}]`),
    ),
    ...preferred.flatMap((term, index) => [
      ...(term.weight >= 1 && term.weight <= 100
        ? []
        : [invalidValue(`${path}.${soft}[${index}].weight`, term.weight ?? 0, 'must be in the range 1-100')]),
      ...affinityTerm(term.podAffinityTerm ?? {}, `${path}.${soft}[${index}].podAffinityTerm`),
    ]),
  ];
}

function affinityTerm({ topologyKey = '', labelSelector: selector }: any, path: string): FieldError[] {
  const field = `${path}.topologyKey`;
  return [
    ...labelSelector(`${path}.labelSelector`, selector),
    ...(topologyKey === '' ? [required(field, 'can not be empty')] : []),
    ...named(field, topologyKey, isQualifiedName),
  ];
}

function spreadConstraint(
  { maxSkew = 0, topologyKey = '', whenUnsatisfiable, labelSelector: selector }: any,
  path: string,
): FieldError[] {
  return [
    ...(maxSkew > 0 ? [] : [invalidValue(`${path}.maxSkew`, maxSkew, 'must be greater than zero')]),
    ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...(['DoNotSchedule', 'ScheduleAnyway'].includes(whenUnsatisfiable)
      ? []
      : [
          notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable ?? '', [
            'DoNotSchedule',
            'ScheduleAnyway',
          ]),
        ]),
    ...labelSelector(`${path}.labelSelector`, selector),
  ];
}

const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';

function searchDomain(name: string): string[] {
  const pattern = `${underscoreLabel}(\\.${underscoreLabel})*`;
  if (new RegExp(`^${pattern}$`).test(name)) return [];
  const text =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [regexError(text, pattern, 'example.com')];
}

function validateDns({ dnsPolicy, dnsConfig }: any, path: string): FieldError[] {
  const servers: string[] = dnsConfig?.nameservers ?? [];
  const errors: FieldError[] = [];
  if (dnsPolicy === 'None' && dnsConfig === undefined) {
    errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  } else if (dnsPolicy === 'None' && servers.length === 0) {
    errors.push(
      required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
    );
  }
  if (servers.length > 3)
    errors.push(invalidValue(`${path}.nameservers`, servers, 'must not have more than 3 nameservers'));
  for (const [index, server] of servers.entries())
    errors.push(...ipAddress(`${path}.nameservers[${index}]`, server));
  for (const [index, name] of (dnsConfig?.searches ?? []).entries()) {
    errors.push(...named(`${path}.searches[${index}]`, name.replace(/\.$/, ''), searchDomain));
  }
  for (const [index, option] of (dnsConfig?.options ?? []).entries()) {
    if (!option.name) errors.push(required(`${path}.options[${index}]`, 'must not be empty'));
  }
  return errors;
}

const maxDeadline = 2_147_483_647;

function validateNames(spec: any, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (field: string, rule: (value: string) => string[]) => {
    if (spec[field]) errors.push(...named(`${path}.${field}`, spec[field], rule));
  };
  check('serviceAccountName', isDns1123Subdomain);
  check('nodeName', isDns1123Subdomain);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxDeadline)) {
    errors.push(
      invalidValue(
        `${path}.activeDeadlineSeconds`,
        deadline,
        `must be between 1 and ${maxDeadline}, inclusive`,
      ),
    );
  }
  check('hostname', isDns1123Label);
  check('subdomain', isDns1123Label);
  check('priorityClassName', isDns1123Subdomain);
  check('runtimeClassName', isDns1123Subdomain);
  return errors;
}

/** On the host's network a container's port is the host's port. */
function hostNetworkPorts(spec: any, path: string): FieldError[] {
  if (!spec.hostNetwork) return [];
  return ['initContainers', 'containers'].flatMap((list) =>
    (spec[list] ?? []).flatMap((container: any, c: number) =>
      (container.ports ?? []).flatMap((port: any, p: number) =>
        port.hostPort === port.containerPort
          ? []
          : [
              invalidValue(
                `${path}.${list}[${c}].ports[${p}].hostPort`,
                port.hostPort ?? 0,
                'must match `containerPort` when `hostNetwork` is true',
              ),
            ],
      ),
    ),
  );
}

function validateSecurity(spec: any, path: string): FieldError[] {
  const context = spec.securityContext ?? {};
  const groups: number[] = context.supplementalGroups ?? [];
  return [
    ...userOrGroupId(`${path}.fsGroup`, context.fsGroup),
    ...userOrGroupId(`${path}.runAsUser`, context.runAsUser),
    ...userOrGroupId(`${path}.runAsGroup`, context.runAsGroup),
    ...groups.flatMap((group, index) => userOrGroupId(`${path}.supplementalGroups[${index}]`, group)),
  ];
}

function validateAliases(aliases: readonly any[], path: string): FieldError[] {
  return aliases.flatMap((alias, index) => [
    ...ipAddress(`${path}[${index}].ip`, alias.ip ?? ''),
    ...(alias.hostnames ?? []).flatMap((name: string, i: number) =>
      named(`${path}[${index}].hostnames[${i}]`, name, isDns1123Subdomain),
    ),
  ]);
}

function validateContainers(
  containers: readonly any[],
  path: string,
  volumes: ReadonlySet<string>,
): FieldError[] {
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const own = validateContainer(container, at, volumes);
    if (names.has(container.name)) own.push(duplicate(`${at}.name`, container.name));
    if (container.name) names.add(container.name);
    own.push(...validateProbes(container, at));
    return own;
  });
  return [...errors, ...hostPortConflicts(containers, path)];
}

const hooks = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'];

function validateInitContainers(spec: any, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const names = new Set<string>((spec.containers ?? []).map((container: any) => container.name));
  const containers: any[] = spec.initContainers ?? [];
  return containers.flatMap((container, index) => {
    const at = `${path}[${index}]`;
    const errors = validateContainer(container, at, volumes);
    if (container.name && names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    if (container.restartPolicy === 'Always') return [...errors, ...validateProbes(container, at)];
    const text = 'may not be set for init containers without restartPolicy=Always';
    const given = hooks.filter((hook) => container[hook] !== undefined);
    return [...errors, ...given.map((hook) => forbidden(`${at}.${hook}`, text))];
  });
}

/** Kinds of volumes, in the order in which Kubernetes looks at them. */

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTolerations(tolerations: readonly any[], path: string): FieldError[] {
  return tolerations.flatMap(
    ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, index) => {
      const at = `${path}[${index}]`;
      const errors = key === '' ? [] : named(`${at}.key`, key, isQualifiedName);
      if (key === '' && operator !== 'Exists') {
        const text =
          'operator must be Exists when `key` is empty, which means "match all values and all keys"';
        errors.push(invalidValue(`${at}.operator`, operator, text));
      }
      if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
        errors.push(
          invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
        );
      }
      errors.push(...tolerationValue(`${at}.operator`, operator, value));
      if (effect !== '') errors.push(...oneOf(`${at}.effect`, effect, taintEffects));
      return errors;
    },
  );
}

function tolerationValue(field: string, operator: string, value: string): FieldError[] {
  if (operator === 'Equal' || operator === '') {
    const complaints = isLabelValue(value);
    return complaints.length === 0 ? [] : [invalidValue(field, value, complaints.join(';'))];
  }
  if (operator !== 'Exists') return [notSupported(field, operator, ['Equal', 'Exists'])];
  return value === '' ? [] : [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")];
}

const updatable =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,' +
  '`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePodUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  for (const list of ['containers', 'initContainers']) {
    if ((pod.spec[list]?.length ?? 0) !== (old.spec[list]?.length ?? 0)) {
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
    }
  }
  const errors = deadlineUpdate(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds);
  errors.push(...addedTolerations(pod.spec.tolerations ?? [], old.spec.tolerations ?? []));
  const munged = withFixedParts(pod.spec, old.spec);
  if (!deepEqual(munged, old.spec)) {
    errors.push(
      forbidden(
        'spec',
        `pod updates may not change fields other than ${updatable}\n${difference(old.spec, munged)}`,
      ),
    );
  }
  return errors;
}

function deadlineUpdate(now: number | undefined, before: number | undefined): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (now === undefined) {
    return before === undefined
      ? []
      : [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  }
  return before !== undefined && before < now
    ? [invalidValue(field, now, 'must be less than or equal to previous value')]
    : [];
}

function addedTolerations(now: readonly any[], before: readonly any[]): FieldError[] {
  const kept = before.every((old) => now.some((toleration) => sameToleration(old, toleration)));
  return kept
    ? []
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function sameToleration({ tolerationSeconds: _a, ...a }: any, { tolerationSeconds: _b, ...b }: any): boolean {
  return deepEqual(a, b);
}

/** The new spec with everything that may change put back. */
function withFixedParts(spec: any, old: any): any {
  const munged = structuredClone(spec);
  for (const list of ['containers', 'initContainers']) {
    (munged[list] ?? []).forEach((container: any, index: number) => {
      container.image = old[list][index].image;
    });
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) {
    if (old[field] === undefined) delete munged[field];
    else munged[field] = old[field];
  }
  const shortened = old.terminationGracePeriodSeconds < 0 && munged.terminationGracePeriodSeconds === 1;
  if (shortened) munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  return munged;
}

/** Which top-level fields of the spec differ, for people. */
function difference(old: any, now: any): string {
  const changed = Object.keys({ ...old, ...now }).filter((key) => !deepEqual(old[key], now[key]));
  return changed
    .map((key) => `-${key}: ${JSON.stringify(old[key])}\n+${key}: ${JSON.stringify(now[key])}`)
    .join('\n');
}
