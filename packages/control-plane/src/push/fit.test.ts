import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFitter, lacks } from './fit.ts';

const node = (...missing: string[]) =>
  ({ metadata: Object.fromEntries(missing.map((name) => [name, 'true'])) }) as never;
const mtls = {
  name: 'envoy.transport_sockets.tls',
  typedConfig: { commonTlsContext: { tlsCertificateSdsSecretConfigs: [{ name: 'default' }] } },
};
const raw = { name: 'envoy.transport_sockets.raw_buffer' };
const cluster = {
  '@type': 'c',
  name: 'a',
  filters: [{ name: 'istio.metadata_exchange' }],
  transportSocketMatches: [
    { name: 'tlsMode-istio', transportSocket: mtls },
    { name: 'tlsMode-disabled', transportSocket: raw },
  ],
};
const listener = {
  '@type': 'l',
  name: 'b',
  filterChains: [
    { name: 'tls', transportSocket: mtls, filters: [] },
    {
      name: 'plain',
      filters: [{ name: 'hcm', typedConfig: { httpFilters: [{ name: 'istio.stats' }, { name: 'router' }] } }],
    },
  ],
};

test('a complete proxy gets everything as it is', () => {
  const resources = [cluster, listener];
  assert.equal(createFitter()(node(), resources), resources);
});

test('a plain Envoy gets no filters of Istio, and the same objects each time', () => {
  const fit = createFitter();
  const [c, l] = fit(node(lacks.istioFilters), [cluster, listener]) as any[];
  assert.equal(c.filters, undefined);
  assert.deepEqual(l.filterChains[1].filters[0].typedConfig.httpFilters, [{ name: 'router' }]);
  assert.equal(fit(node(lacks.istioFilters), [cluster])[0], c);
});

test('a proxy without a certificate gets no mutual TLS', () => {
  const [c, l] = createFitter()(node(lacks.identity), [cluster, listener]) as any[];
  assert.equal(c.transportSocketMatches, undefined);
  assert.deepEqual(
    l.filterChains.map((chain: any) => chain.name),
    ['plain'],
  );
});
