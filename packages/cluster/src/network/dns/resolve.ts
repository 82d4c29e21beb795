import type { KubeObject } from '@lateen/kube';
import { type Answer, type DnsRecord, type Question, recordTypes, responseCodes } from './message.ts';

/** What the resolver reads of the cluster. */
export interface DnsSource {
  service(namespace: string, name: string): KubeObject | undefined;
  slices(namespace: string, service: string): readonly KubeObject[];
  namespaceExists(name: string): boolean;
  serviceByAddress(address: string): KubeObject | undefined;
}

const ttl = 5;
const found = (answers: DnsRecord[], additional: DnsRecord[] = []): Answer => ({
  code: responseCodes.noError,
  authoritative: true,
  answers,
  additional,
});

/** The cluster's own answer to a question; undefined when the name is not the cluster's. Pure. */
export function resolveCluster(question: Question, source: DnsSource, domain: string): Answer | undefined {
  const { name } = question;
  if (name.endsWith('.in-addr.arpa')) return resolveReverse(question, source, domain);
  if (name !== domain && !name.endsWith(`.${domain}`)) return undefined;
  const labels =
    name === domain
      ? []
      : name
          .slice(0, -domain.length - 1)
          .split('.')
          .reverse();
  const answer = resolveLabels(labels, question, source, domain);
  return answer ?? negative(responseCodes.nameError, domain);
}

function negative(code: number, domain: string): Answer {
  return {
    code,
    authoritative: true,
    answers: [],
    authority: [{ type: 'SOA', name: domain, ttl, zone: domain }],
  };
}

/** `labels` from the right: kind, namespace, service and what stands before. Undefined: the name does not exist. */
function resolveLabels(
  labels: string[],
  question: Question,
  source: DnsSource,
  domain: string,
): Answer | undefined {
  const empty = negative(responseCodes.noError, domain);
  const [kind, namespace, service, ...rest] = labels;
  if (kind === undefined || namespace === undefined)
    return kind === undefined || isKind(kind) ? empty : undefined;
  if (!isKind(kind) || !source.namespaceExists(namespace)) return undefined;
  if (service === undefined) return empty;
  if (kind === 'pod') return rest.length === 0 ? resolvePod(service, question, empty) : undefined;
  const object = source.service(namespace, service);
  if (!object) return undefined;
  if (object.spec.type === 'ExternalName')
    return rest.length === 0 ? resolveExternal(object, question) : undefined;
  return resolveService(object, rest, question, source, domain) ?? undefined;
}

const isKind = (label: string) => label === 'svc' || label === 'pod';

function resolvePod(dashed: string, question: Question, empty: Answer): Answer | undefined {
  const address = dashed.replaceAll('-', '.');
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined;
  return wants(question, 'A') ? found([{ type: 'A', name: question.original, ttl, address }]) : empty;
}

function resolveExternal(service: KubeObject, question: Question): Answer {
  return found([{ type: 'CNAME', name: question.original, ttl, target: service.spec.externalName }]);
}

function resolveService(
  service: KubeObject,
  rest: string[],
  question: Question,
  source: DnsSource,
  domain: string,
): Answer | undefined {
  const headless = service.spec.clusterIP === 'None';
  const own = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
  const hosts = headless
    ? headlessHosts(service, source)
    : [{ name: '', address: service.spec.clusterIP, ports: undefined }];
  if (rest.length === 0 && headless && hosts.length === 0) return undefined;
  if (rest.length === 0) {
    if (wants(question, 'SRV')) return serviceRecords(service, undefined, hosts, question, own);
    return addresses(hosts, question, domain);
  }
  if (rest.length === 2 && rest[1]!.startsWith('_')) {
    return serviceRecords(service, { protocol: rest[0]!, port: rest[1]! }, hosts, question, own);
  }
  if (rest.length === 1 && !rest[0]!.startsWith('_')) {
    const matching = hosts.filter(({ name }) => name !== '' && name === rest[0]);
    return matching.length > 0 ? addresses(matching, question, domain) : undefined;
  }
  return rest.length === 1 && isProtocol(rest[0]!) ? negative(responseCodes.noError, domain) : undefined;
}

interface Host {
  readonly name: string;
  readonly address: string;
  /** Ports by name where they are the endpoint's own. */
  readonly ports?: Readonly<Record<string, number>>;
}

const isProtocol = (label: string) => label === '_tcp' || label === '_udp';

function headlessHosts(service: KubeObject, source: DnsSource): Host[] {
  const { namespace, name } = service.metadata;
  const all = service.spec.publishNotReadyAddresses === true;
  return source.slices(namespace!, name!).flatMap((slice) => {
    const ports = Object.fromEntries((slice.ports ?? []).map((port: any) => [port.name ?? '', port.port]));
    return (slice.endpoints ?? [])
      .filter(({ conditions }: any) => all || conditions?.ready !== false)
      .map(({ hostname, addresses: [address] }: any) => ({
        name: hostname ?? address.replaceAll('.', '-'),
        address,
        ports,
      }));
  });
}

const wants = ({ type }: Question, wanted: keyof typeof recordTypes) =>
  type === recordTypes[wanted] || type === recordTypes.ANY;

function addresses(hosts: readonly Host[], question: Question, domain: string): Answer {
  if (!wants(question, 'A')) return negative(responseCodes.noError, domain);
  return found(hosts.map(({ address }) => ({ type: 'A', name: question.original, ttl, address })));
}

function serviceRecords(
  service: KubeObject,
  wanted: { protocol: string; port: string } | undefined,
  hosts: readonly Host[],
  question: Question,
  own: string,
): Answer | undefined {
  const ports = (service.spec.ports ?? []).filter(({ name, protocol = 'TCP' }: any) => {
    return !wanted || (`_${name}` === wanted.port && `_${protocol.toLowerCase()}` === wanted.protocol);
  });
  if (ports.length === 0) return undefined;
  const target = ({ name }: Host) => (name === '' ? own : `${name}.${own}`);
  const answers = ports.flatMap(({ name = '', port }: any) =>
    hosts.map(
      (host): DnsRecord => ({
        type: 'SRV',
        name: question.original,
        ttl,
        priority: 0,
        weight: Math.floor(100 / hosts.length),
        port: host.ports ? (host.ports[name] ?? port) : port,
        target: target(host),
      }),
    ),
  );
  if (!wants(question, 'SRV')) return found([]);
  return found(
    answers,
    hosts.map((host) => ({ type: 'A', name: target(host), ttl, address: host.address })),
  );
}

function resolveReverse(question: Question, source: DnsSource, domain: string): Answer | undefined {
  const address = question.name.replace('.in-addr.arpa', '').split('.').reverse().join('.');
  const service = source.serviceByAddress(address);
  if (!service) return /^10\./.test(address) ? negative(responseCodes.nameError, domain) : undefined;
  if (!wants(question, 'PTR')) return negative(responseCodes.noError, domain);
  const target = `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
  return found([{ type: 'PTR', name: question.original, ttl, target }]);
}
