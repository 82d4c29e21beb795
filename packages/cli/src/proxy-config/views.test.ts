import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusters } from './clusters.ts';
import { parseDump } from './dump.ts';
import { endpoints } from './endpoints.ts';
import { listeners } from './listeners.ts';
import { routes } from './routes.ts';

const origin = {
  filter_metadata: {
    istio: { config: '/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews' },
  },
};

const dump = parseDump(
  JSON.stringify({
    configs: [
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
        static_clusters: [{ cluster: { name: 'xds-grpc', type: 'STRICT_DNS' } }],
        dynamic_active_clusters: [
          {
            cluster: {
              name: 'outbound|9080|v1|reviews.default.svc.cluster.local',
              type: 'EDS',
              metadata: origin,
            },
          },
        ],
      },
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
        dynamic_listeners: [
          {
            active_state: {
              listener: {
                address: { socket_address: { address: '10.96.0.9', port_value: 9000 } },
                filter_chains: [
                  {
                    filter_chain_match: { prefix_ranges: [{ address_prefix: '10.96.0.9', prefix_len: 32 }] },
                    filters: [
                      {
                        typed_config: {
                          '@type':
                            'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
                          weighted_clusters: {
                            clusters: [
                              { name: 'a', weight: 80 },
                              { name: 'b', weight: 20 },
                            ],
                          },
                        },
                      },
                    ],
                  },
                ],
              },
            },
          },
        ],
      },
      {
        '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
        dynamic_route_configs: [
          {
            route_config: {
              name: '9080',
              virtual_hosts: [
                {
                  name: 'reviews:9080',
                  domains: ['reviews', 'reviews.default', '10.96.0.9'],
                  routes: [
                    { match: { prefix: '/', headers: [{ name: 'end-user' }] }, route: {}, metadata: origin },
                  ],
                },
              ],
            },
          },
        ],
      },
    ],
  }),
);

test('clusters by name, with what configured them', () => {
  assert.deepEqual(clusters.rows(clusters.select(dump, { fqdn: 'reviews.default.svc.cluster.local' })), [
    ['reviews.default.svc.cluster.local', '9080', 'v1', 'outbound', 'EDS', 'reviews.default'],
  ]);
  assert.equal(clusters.rows(clusters.select(dump, {})).length, 2);
});

test('a row for each filter chain, with where it leads', () => {
  assert.deepEqual(listeners.rows(listeners.select(dump, { port: '9000' })), [
    ['10.96.0.9', '9000', 'Addr: 10.96.0.9/32', 'Cluster: a weight: 80; Cluster: b weight: 20'],
  ]);
});

test('a row for each route', () => {
  assert.deepEqual(routes.rows(routes.select(dump, { name: '9080' })), [
    ['9080', 'reviews:9080', 'reviews, reviews.default + 1 more...', '/* [1 more]', 'reviews.default'],
  ]);
});

test('endpoints with their health, as the admin tells it', () => {
  const address = { socket_address: { address: '10.244.0.5', port_value: 9080 } };
  const host = { address, health_status: { failed_outlier_check: true, eds_health_status: 'HEALTHY' } };
  const status = { cluster_statuses: [{ name: 'c', host_statuses: [host] }] };
  assert.deepEqual(endpoints.rows(endpoints.select(status, { port: '9080' })), [
    ['10.244.0.5:9080', 'HEALTHY', 'FAILED', 'c'],
  ]);
  assert.deepEqual(endpoints.select(status, { cluster: 'other' }), []);
});

test('what is no config dump is refused', () => assert.throws(() => parseDump('{}'), /not a config dump/));
