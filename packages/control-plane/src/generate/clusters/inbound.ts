import { portOrigin } from '../../ir/service.ts';
import type { SidecarIngress } from '../../ir/sidecar.ts';
import type { OwnPort } from '../../scope/own-ports.ts';
import { defined, duration, type Generating, type Json, socketAddress } from '../context.ts';
import { type InboundTarget, inboundTargets } from '../inbound-targets.ts';
import { configPath, inboundName } from '../names.ts';
import { effectivePolicy } from '../policy.ts';
import { provenance } from '../provenance.ts';
import { statName } from '../stat-name.ts';
import { localSource } from './fixed.ts';
import { keepalive } from './keepalive.ts';
import { type ClusterParts, cluster, thresholds } from './parts.ts';
import { protocolOptions } from './protocol.ts';

/** One cluster for every port of the proxy's own workload. */
export function inboundClusters(context: Generating): ClusterParts[] {
  return inboundTargets(context).map((target) => inboundCluster(context, target));
}

function inboundCluster(context: Generating, target: InboundTarget): ClusterParts {
  const { mesh } = context.scope;
  const { own, number } = target;
  const rules = own && !target.ingress ? context.scope.policyOf(own.service) : undefined;
  // A rule's connection pool holds on both ends of the wire; upgrading the protocol is the client's business.
  const pool = target.ingress?.pool ?? effectivePolicy(rules, '', own?.port.number ?? number).pool;
  const name = inboundName(number);
  return cluster(name, {
    altStatName: `${own ? statName(mesh.inboundStatName, own.service, own.port, undefined, name) : name};`,
    circuitBreakers: { thresholds: [thresholds(pool)] },
    connectTimeout: duration(pool?.connectTimeout ?? mesh.connectTimeout),
    metadata:
      target.services.length > 0
        ? metadata(target.services, rules?.policy && configPath(rules.origin))
        : undefined,
    typedExtensionProtocolOptions: protocolOptions(
      { name: '', path: '', number, protocol: target.protocol },
      pool && { ...pool, h2Upgrade: undefined },
      {
        upgradeAll: false,
        sniff: true,
      },
    ),
    upstreamConnectionOptions: keepalive(pool?.keepalive ?? mesh.keepalive),
    ...destination(context, number, target.ingress),
  });
}

function destination(context: Generating, number: number, ingress: SidecarIngress | undefined): Json {
  const [host, port] = splitEndpoint(ingress?.defaultEndpoint ?? '');
  const own = context.scope.node.addresses[0] ?? '127.0.0.1';
  if (context.plain) return fixedEndpoint(number, own, port ?? number);
  if (port === undefined) {
    return {
      type: 'ORIGINAL_DST',
      lbPolicy: 'CLUSTER_PROVIDED',
      cleanupInterval: '9223372035s',
      commonLbConfig: {},
      upstreamBindConfig: localSource,
    };
  }
  const local = host === '127.0.0.1' || host === '::1';
  const fields = { ...fixedEndpoint(number, local ? host : own, port), commonLbConfig: {} };
  return local ? fields : { ...fields, upstreamBindConfig: localSource };
}

function fixedEndpoint(number: number, address: string, port: number): Json {
  const endpoints = [{ lbEndpoints: [{ endpoint: { address: socketAddress(address, port) } }] }];
  return { type: 'STATIC', loadAssignment: { clusterName: inboundName(number), endpoints } };
}

/** `127.0.0.1:8080` or `[::1]:8080` in its parts. */
function splitEndpoint(text: string): [string, number | undefined] {
  const match = /^\[?([^\]]*)\]?:(\d+)$/.exec(text);
  return match ? [match[1]!, Number(match[2])] : ['', undefined];
}

function metadata(services: readonly OwnPort[], config: string | undefined): Json {
  const list = services.map(({ service: { host, name, namespace } }) => ({ host, name, namespace }));
  const origins = services.map(({ service, port }) => portOrigin(service, port));
  return provenance(defined({ config, services: list }), ...origins);
}
