/** Kubernetes' rules for names; each answers the complaints, none when the value is fine. */

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const patterns = {
  label1123: new RegExp(`^${label1123}$`),
  subdomain1123: new RegExp(`^${subdomain1123}$`),
  label1035: new RegExp(`^${label1035}$`),
  wildcard: new RegExp(`^\\*\\.${subdomain1123}$`),
  qualified: new RegExp(`^${qualified}$`),
  labelValue: new RegExp(`^(${qualified})?$`),
};

function bytes(value: string): number {
  return Buffer.byteLength(value);
}

export function maxLength(length: number): string {
  return `must be no more than ${length} characters`;
}

export function regexError(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

function lengthComplaint(value: string, limit: number): string[] {
  return bytes(value) > limit ? [maxLength(limit)] : [];
}

export function isDns1123Label(value: string): string[] {
  const errors = lengthComplaint(value, 63);
  if (patterns.label1123.test(value)) return errors;
  if (patterns.subdomain1123.test(value)) return [...errors, 'must not contain dots'];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, label1123, 'my-name', '123-abc')];
}

export function isDns1123Subdomain(value: string): string[] {
  const errors = lengthComplaint(value, 253);
  if (patterns.subdomain1123.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, subdomain1123, 'example.com')];
}

export function isDns1035Label(value: string): string[] {
  const errors = lengthComplaint(value, 63);
  if (patterns.label1035.test(value)) return errors;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, regexError(message, label1035, 'my-name', 'abc-123')];
}

export function isWildcardDns1123Subdomain(value: string): string[] {
  const errors = lengthComplaint(value, 253);
  if (patterns.wildcard.test(value)) return errors;
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, regexError(message, `\\*\\.${subdomain1123}`, '*.example.com')];
}

const qualifiedMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function isQualifiedName(value: string): string[] {
  const parts = value.split('/');
  const nameError = regexError(qualifiedMessage, qualified, 'MyName', 'my.name', '123-abc');
  if (parts.length > 2) {
    return [
      `a qualified name ${nameError} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors = parts.length === 2 ? prefixComplaints(parts[0]!) : [];
  const name = parts.at(-1)!;
  if (name === '') errors.push('name part must be non-empty');
  else if (bytes(name) > 63) errors.push(`name part ${maxLength(63)}`);
  if (!patterns.qualified.test(name)) errors.push(`name part ${nameError}`);
  return errors;
}

function prefixComplaints(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return isDns1123Subdomain(prefix).map((text) => `prefix part ${text}`);
}

export function isLabelValue(value: string): string[] {
  const errors = lengthComplaint(value, 63);
  if (patterns.labelValue.test(value)) return errors;
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexError(message, `(${qualified})?`, 'MyValue', 'my_value', '12345')];
}

export function isPortNumber(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

export function isPortName(name: string): string[] {
  const errors = lengthComplaint(name, 15);
  if (!/^[-a-z0-9]+$/.test(name))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function isConfigMapKey(key: string): string[] {
  const errors = lengthComplaint(key, 253);
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexError(message, '[-._a-zA-Z0-9]+', 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...pathStart(key)];
}

function pathStart(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

export function isEnvVarName(name: string): string[] {
  if (name === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]*$/.test(name)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function isPercent(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  const message = "a valid percent string must be a numeric string followed by an ending '%'";
  return [regexError(message, '[0-9]+%', '1%', '93%')];
}

export function isHttpHeaderName(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  return [
    regexError(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      '[-A-Za-z0-9]+',
      'X-Header-Name',
    ),
  ];
}

/** Names of RBAC objects and other path segments: nearly anything. */
export function isPathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%']
    .filter((illegal) => name.includes(illegal))
    .map((illegal) => `may not contain '${illegal}'`);
}

/** What a prefix for generated names is checked as: its trailing dash is not its end. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}
