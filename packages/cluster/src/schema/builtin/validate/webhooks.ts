import { duplicate, invalidValue, notSupported, required } from '../../errors.ts';
import type { FieldError, KubeObject } from '../../types.ts';
import { isDns1123Subdomain, isPortNumber } from '../../validation/names.ts';
import { labelSelector, optionalOneOf } from './rules.ts';

/** A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration. */
export function validateWebhooks(object: KubeObject): FieldError[] {
  const names = new Set<string>();
  const webhooks: any[] = object.webhooks ?? [];
  return webhooks.flatMap((webhook, index) => {
    const at = `webhooks[${index}]`;
    const errors = [
      ...validateWebhook(webhook, at),
      ...reviewVersions(webhook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`),
    ];
    if (webhook.name && names.has(webhook.name)) errors.push(duplicate(`${at}.name`, webhook.name));
    names.add(webhook.name);
    return errors;
  });
}

const reviewed = ['v1', 'v1beta1'];

function reviewVersions(versions: readonly string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${reviewed.join(', ')}`)];
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index ? [duplicate(`${field}[${index}]`, version)] : [],
  );
  if (versions.some((version) => reviewed.includes(version))) return errors;
  return [...errors, invalidValue(field, versions, `must include at least one of ${reviewed.join(', ')}`)];
}

function qualifiedDomain(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)];
  const complaints = isDns1123Subdomain(name);
  if (complaints.length > 0) return [invalidValue(field, name, complaints.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')];
}

function validateWebhook(webhook: any, path: string): FieldError[] {
  const rules: any[] = webhook.rules ?? [];
  const { sideEffects, timeoutSeconds: timeout } = webhook;
  const errors = [
    ...qualifiedDomain(`${path}.name`, webhook.name ?? ''),
    ...rules.flatMap((rule, index) => validateRule(rule, `${path}.rules[${index}]`)),
    ...optionalOneOf(`${path}.failurePolicy`, webhook.failurePolicy, ['Fail', 'Ignore']),
    ...optionalOneOf(`${path}.matchPolicy`, webhook.matchPolicy, ['Equivalent', 'Exact']),
  ];
  const allowed = ['None', 'NoneOnDryRun'];
  if (sideEffects === undefined || sideEffects === null) {
    errors.push(required(`${path}.sideEffects`, `must specify one of ${allowed.join(', ')}`));
  } else if (!allowed.includes(sideEffects))
    errors.push(notSupported(`${path}.sideEffects`, sideEffects, allowed));
  if (timeout !== undefined && (timeout > 30 || timeout < 1)) {
    errors.push(
      invalidValue(`${path}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'),
    );
  }
  for (const name of ['namespaceSelector', 'objectSelector'])
    errors.push(...labelSelector(`${path}.${name}`, webhook[name]));
  return [...errors, ...clientConfig(webhook.clientConfig ?? {}, `${path}.clientConfig`)];
}

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function validateRule(rule: any, path: string): FieldError[] {
  const given: string[] = rule.operations ?? [];
  const errors = wildcardAlone(given, `${path}.operations`, 'operations');
  given.forEach((operation, index) => {
    errors.push(...optionalOneOf(`${path}.operations[${index}]`, operation, operations));
  });
  errors.push(
    ...wildcardAlone(rule.apiGroups ?? [], `${path}.apiGroups`, 'API groups'),
    ...wildcardAlone(rule.apiVersions ?? [], `${path}.apiVersions`, 'API versions'),
    ...resources(rule.resources ?? [], `${path}.resources`),
  );
  return [...errors, ...optionalOneOf(`${path}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced'])];
}

function wildcardAlone(list: readonly string[], field: string, what: string): FieldError[] {
  if (list.length === 0) return [required(field)];
  if (list.length === 1 || !list.includes('*')) return [];
  return [invalidValue(field, list, `if '*' is present, must not specify other ${what}`)];
}

function resources(list: readonly string[], field: string): FieldError[] {
  if (list.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  const plain = list.filter((resource) => !resource.includes('/'));
  list.forEach((resource, index) => {
    if (resource === '') errors.push(required(`${field}[${index}]`));
  });
  if (list.length > 1 && list.includes('*/*')) {
    errors.push(invalidValue(field, list, "if '*/*' is present, must not specify other resources"));
  }
  if (plain.length > 1 && plain.includes('*')) {
    errors.push(
      invalidValue(field, list, "if '*' is present, must not specify other resources without subresources"),
    );
  }
  return errors;
}

function clientConfig({ url, service }: any, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')];
  return url === undefined ? serviceReference(service, `${path}.service`) : webhookUrl(url, `${path}.url`);
}

const form = '; desired format: https://host[/path]';

function webhookUrl(text: string, field: string): FieldError[] {
  const url = URL.parse(text);
  if (url === null)
    return [
      required(
        field,
        `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${form}`,
      ),
    ];
  const errors: FieldError[] = [];
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https')
    errors.push(invalidValue(field, scheme, `'https' is the only allowed URL scheme${form}`));
  if (url.host === '') errors.push(invalidValue(field, '', `host must be specified${form}`));
  if (url.username !== '')
    errors.push(invalidValue(field, url.username, 'user information is not permitted in the URL'));
  if (url.hash !== '')
    errors.push(invalidValue(field, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search !== '')
    errors.push(invalidValue(field, url.search.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function serviceReference({ name, namespace, path, port = 443 }: any, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${field}.name`));
  if (!namespace) errors.push(required(`${field}.namespace`));
  const complaints = isPortNumber(port);
  if (complaints.length > 0)
    errors.push(invalidValue(`${field}.port`, port, `port is not valid: ${complaints.join(', ')}`));
  if (path && path !== '/' && !path.startsWith('/'))
    errors.push(invalidValue(`${field}.path`, path, "must start with a '/'"));
  return errors;
}
