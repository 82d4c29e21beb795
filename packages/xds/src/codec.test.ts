import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { decode, encode, encodeAs, parse, validate } from './codec.ts';
import { bootstrapType, typeUrls } from './type-urls.ts';

const resources = [
  {
    '@type': typeUrls.cluster,
    name: 'outbound|9080|v1|reviews.default.svc.cluster.local',
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: '10s',
    lbPolicy: 'LEAST_REQUEST',
    circuitBreakers: { thresholds: [{ maxConnections: 4294967295, trackRemaining: true }] },
    commonLbConfig: { healthyPanicThreshold: {} },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { httpProtocolOptions: {} },
      },
    },
    metadata: {
      filterMetadata: { istio: { services: [{ name: 'reviews', n: -1.5, flag: true, nothing: null }] } },
    },
  },
  {
    '@type': typeUrls.route,
    name: '9080',
    virtualHosts: [
      {
        name: 'allow_any',
        domains: ['*'],
        routes: [
          {
            match: {
              prefix: '/',
              headers: [{ name: 'x', rangeMatch: { start: '-5', end: '9223372036854775807' } }],
            },
            route: { cluster: 'a', timeout: '0s', maxGrpcTimeout: '0.250s', retryPolicy: { numRetries: 0 } },
          },
          { match: { prefix: '' }, directResponse: { status: 502, body: { inlineBytes: 'AAEC/w==' } } },
        ],
      },
    ],
    validateClusters: false,
  },
  {
    '@type': typeUrls.listener,
    name: 'ünïcode',
    address: { socketAddress: { address: '0.0.0.0', portValue: 15006 } },
    filterChains: [
      {
        filters: [
          {
            name: 'istio.metadata_exchange',
            typedConfig: {
              '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct',
              typeUrl: 'type.googleapis.com/io.istio.http.peer_metadata.Config',
              value: { upstream_discovery: [{ workload_discovery: {} }] },
            },
          },
          {
            name: 'unknown',
            typedConfig: { '@type': 'type.googleapis.com/not.known.Here', value: 'CgFh' },
          },
        ],
      },
    ],
  },
];

test('what is encoded decodes to the same JSON', () => {
  for (const resource of resources) assert.deepEqual(decode(resource['@type'], encode(resource)), resource);
});

test('bytes are those of protobuf', () => {
  const expected = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string('a')
    .tag(4, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .int64(3)
    .tag(2, WireType.Varint)
    .int32(500_000_000)
    .join()
    .finish();
  assert.deepEqual([...encodeAs(typeUrls.cluster, { connectTimeout: '3.5s', name: 'a' })], [...expected]);
});

test('a field that the message lacks does not go out', () => {
  assert.throws(() => encode({ '@type': typeUrls.cluster, name: 'a', circuitBreakers: { threshold: [] } }), {
    message: 'circuitBreakers: envoy.config.cluster.v3.CircuitBreakers has no field threshold',
  });
});

test('what a user writes becomes canonical', () => {
  const { value, problems } = parse(typeUrls.cluster, {
    name: 'a',
    connect_timeout: '0.25s',
    type: 1,
    lbPolicy: 'ROUND_ROBIN',
    per_connection_buffer_limit_bytes: '1024',
    load_assignment: { cluster_name: 'a', endpoints: [] },
    dns_refresh_rate: null,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(value, {
    '@type': typeUrls.cluster,
    name: 'a',
    connectTimeout: '0.250s',
    type: 'STRICT_DNS',
    perConnectionBufferLimitBytes: 1024,
    loadAssignment: { clusterName: 'a' },
  });
});

const refused: [string, unknown, string, string][] = [
  [
    'unknown field',
    { static_resources: { listenrs: [] } },
    'static_resources.listenrs',
    "no such field: 'listenrs'",
  ],
  [
    'wrong type',
    { admin: { address: { socket_address: { port_value: 'x' } } } },
    'admin.address.socket_address.port_value',
    'uint32',
  ],
  [
    'port too high',
    {
      static_resources: {
        clusters: [
          {
            name: 'a',
            load_assignment: {
              cluster_name: 'a',
              endpoints: [
                {
                  lb_endpoints: [
                    { endpoint: { address: { socket_address: { address: '1.1.1.1', port_value: 70000 } } } },
                  ],
                },
              ],
            },
          },
        ],
      },
    },
    'static_resources.clusters[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value',
    'caused by SocketAddressValidationError.PortValue: value must be less than or equal to 65535',
  ],
  [
    'enum',
    { static_resources: { clusters: [{ name: 'a', type: 'DNS' }] } },
    'static_resources.clusters[0].type',
    'use one of STATIC, STRICT_DNS',
  ],
  [
    'duration',
    { static_resources: { clusters: [{ name: 'a', connect_timeout: '5' }] } },
    'static_resources.clusters[0].connect_timeout',
    'duration',
  ],
  [
    'oneof',
    { static_resources: { clusters: [{ name: 'a', type: 'EDS', cluster_type: { name: 'x' } }] } },
    'static_resources.clusters[0].cluster_type',
    'already set',
  ],
  [
    'missing',
    { static_resources: { clusters: [{}] } },
    'static_resources.clusters[0].name',
    'ClusterValidationError.Name: value length must be at least 1 characters',
  ],
];

for (const [what, value, path, message] of refused) {
  test(`refused: ${what}`, () => {
    const { problems } = parse(bootstrapType, value);
    assert.deepEqual(
      problems.map((problem) => problem.path),
      [path],
    );
    assert.ok(problems[0]!.message.includes(message), problems[0]!.message);
  });
}

test('constraints are checked inside of an Any', () => {
  const problems = validate({
    '@type': typeUrls.listener,
    name: 'l',
    filterChains: [
      {
        filters: [
          {
            name: 'f',
            typedConfig: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
              cluster: 'c',
            },
          },
        ],
      },
    ],
  });
  assert.deepEqual(
    problems.map(({ path, message }) => [path, message]),
    [
      [
        'filter_chains[0].filters[0].typed_config.stat_prefix',
        'Proto constraint validation failed (TcpProxyValidationError.StatPrefix: value length must be at least 1 characters)',
      ],
    ],
  );
});
