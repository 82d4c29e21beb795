import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateIstio } from './index.ts';

function problems(kind: string, spec: any): [string, string][] {
  const object = {
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name: 'x', namespace: 'default' },
    spec,
  };
  return validateIstio(object).map((problem) => [problem.severity, problem.path]);
}

const rows: [string, string, any, [string, string][]][] = [
  [
    'a plain route',
    'VirtualService',
    { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] },
    [],
  ],
  [
    'a missing destination',
    'VirtualService',
    { hosts: ['a'], http: [{ route: [{}] }] },
    [['error', 'spec.http[0].route[0].destination']],
  ],
  [
    'a bad port, deep inside',
    'VirtualService',
    {
      hosts: ['a'],
      http: [
        {
          match: [{ uri: { prefix: '/' } }],
          route: [{ destination: { host: 'a', port: { number: 70000 } } }],
        },
      ],
    },
    [['error', 'spec.http[0].route[0].destination.port.number']],
  ],
  [
    'a rule behind one that takes everything',
    'VirtualService',
    {
      hosts: ['a'],
      http: [{ route: [{ destination: { host: 'a' } }] }, { route: [{ destination: { host: 'b' } }] }],
    },
    [['warning', 'spec.http[1]']],
  ],
  [
    'all hosts in the mesh',
    'VirtualService',
    { hosts: ['*'], http: [{ redirect: { uri: '/' } }] },
    [['error', 'spec.hosts[0]']],
  ],
  [
    'a broken pattern and a broken duration',
    'VirtualService',
    { hosts: ['a'], http: [{ match: [{ uri: { regex: '(' } }], timeout: 'soon', redirect: { uri: '/' } }] },
    [
      ['error', 'spec.http[0].match[0].uri.regex'],
      ['error', 'spec.http[0].timeout'],
    ],
  ],
  [
    'two subsets of a name',
    'DestinationRule',
    { host: 'a', subsets: [{ name: 'v1' }, { name: 'v1' }] },
    [['error', 'spec.subsets']],
  ],
  [
    'an empty policy',
    'DestinationRule',
    { host: 'a', trafficPolicy: { connectionPool: {} } },
    [['error', 'spec.trafficPolicy.connectionPool']],
  ],
  [
    'TLS missing at a gateway',
    'Gateway',
    { servers: [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['*'] }] },
    [['error', 'spec.servers[0].tls']],
  ],
  ['unknown kinds have no rules', 'Unknown', {}, []],
  [
    'nulls do not crash',
    'VirtualService',
    { hosts: ['a'], http: [null], tcp: [null] },
    [
      ['error', 'spec.http[0]'],
      ['error', 'spec.tcp[0].route'],
    ],
  ],
];

for (const [name, kind, spec, expected] of rows) {
  test(name, () => assert.deepEqual(problems(kind, spec), expected));
}
