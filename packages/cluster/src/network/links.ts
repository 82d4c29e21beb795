/** Commands for `ip -batch`, one a line, that lay out the node's network; pure text, so that it can be read and tested. */

/** The application's gateway inside a pod with a sidecar. */
export const SIDECAR_GATEWAY = '169.254.1.1';

/** Ports that connections of the sidecar itself come from; the application takes the rest of the usual range. */
export const SIDECAR_EPHEMERAL = { first: 50_000, last: 60_999 };
export const APPLICATION_EPHEMERAL = { first: 32_768, last: 49_999 };

export const BRIDGE = 'lateen0';
const BRIDGE_MAC = '0a:58:0a:f4:00:01';

export interface NodeAddresses {
  readonly podCidr: string;
  /** The node's own address on the bridge: the first of the pod range. */
  readonly gateway: string;
  readonly serviceCidr: string;
}

const prefixLength = (cidr: string) => cidr.slice(cidr.indexOf('/'));

/** The node's namespace: the bridge, and service addresses made local. */
export function nodeCommands({ podCidr, gateway, serviceCidr }: NodeAddresses): string[] {
  return [
    'link set lo up',
    // An address of its own: else it would change with the pods', and pods would go on sending to the old one.
    `link add ${BRIDGE} address ${BRIDGE_MAC} type bridge`,
    `addr add ${gateway}${prefixLength(podCidr)} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
    `route add local ${serviceCidr} dev lo`,
  ];
}

/** In the node's namespace: all else goes into the namespace (open as `descriptor`) that stands for the world outside. */
export function egressLinkCommands(descriptor: number): string[] {
  return [
    `link add egress0 type veth peer name eth0 netns /proc/self/fd/${descriptor}`,
    'addr add 169.254.2.1/30 dev egress0',
    'link set egress0 up',
    'route add default via 169.254.2.2',
  ];
}

/** In that namespace every address is local: a listener takes connections to all, and the rest is refused at once. */
export function egressCommands(): string[] {
  return [
    'link set lo up',
    'addr add 169.254.2.2/30 dev eth0',
    'link set eth0 up',
    'rule add pref 10 iif eth0 lookup local',
    'rule add pref 20 lookup main',
    'rule add pref 30 lookup local',
    'rule del pref 0',
    'route add local 0.0.0.0/0 dev lo table local',
    'route add local 127.0.0.0/8 dev lo table main',
    'route add default via 169.254.2.1',
  ];
}

/** In the node's namespace: the pod's end of the cable, already in the pod's namespace (open as `descriptor`). */
export function attachCommands(link: string, descriptor: number): string[] {
  return [
    `link add ${link} type veth peer name eth0 netns /proc/self/fd/${descriptor}`,
    `link set ${link} master ${BRIDGE} up`,
  ];
}

/** In the only namespace of a pod without sidecar. */
export function plainPodCommands(address: string, { podCidr, gateway }: NodeAddresses): string[] {
  return [
    'link set lo up',
    `addr add ${address}${prefixLength(podCidr)} dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
  ];
}

/**
 * In the outer namespace of a pod with a sidecar; `descriptor` is the inner one. Table `local` makes every address local
 * and comes last, so that only what a rule sends there is delivered here: replies to the sidecar's own connections
 * (known by their port range), and the ports that the sidecar's agent adds at preferences 10 and 11. All else is passed
 * on between the application and the network as it is.
 */
export function outerCommands(address: string, nodes: NodeAddresses, descriptor: number): string[] {
  const { first, last } = SIDECAR_EPHEMERAL;
  return [
    'link set lo up',
    `link add in0 type veth peer name eth0 netns /proc/self/fd/${descriptor}`,
    'link set eth0 up',
    'link set in0 up',
    `addr add ${SIDECAR_GATEWAY}/32 dev in0`,
    // Rules first: without any, the kernel keeps both tables in one and refuses the source addresses below.
    `rule add pref 9 iif in0 to ${SIDECAR_GATEWAY} lookup local`,
    `rule add pref 9 iif eth0 ipproto tcp dport ${first}-${last} lookup local`,
    `rule add pref 9 iif eth0 ipproto udp dport ${first}-${last} lookup local`,
    'rule add pref 20 lookup main',
    'rule add pref 30 lookup local',
    'rule del pref 0',
    'route add local 0.0.0.0/0 dev lo table local',
    'route add local 127.0.0.0/8 dev lo table main',
    `route add ${nodes.podCidr} dev eth0 src ${address}`,
    `route add default via ${nodes.gateway} dev eth0 src ${address}`,
    `route add ${address}/32 dev in0 src ${SIDECAR_GATEWAY}`,
  ];
}

/** In the inner namespace, where the application lives. */
export function innerCommands(address: string): string[] {
  return [
    'link set lo up',
    `addr add ${address}/32 dev eth0`,
    'link set eth0 up',
    `route add ${SIDECAR_GATEWAY} dev eth0`,
    `route add default via ${SIDECAR_GATEWAY} dev eth0 src ${address}`,
  ];
}

/** Settings below /proc/sys/net of an outer namespace, set once its links exist. */
export function outerSettings(): Record<string, string> {
  return {
    'ipv4/ip_forward': '1',
    'ipv4/conf/eth0/proxy_arp': '1',
    // The kernel would wait up to 0.8 s before it answers for somebody else.
    'ipv4/neigh/eth0/proxy_delay': '0',
    'ipv4/ip_local_port_range': `${SIDECAR_EPHEMERAL.first}\t${SIDECAR_EPHEMERAL.last}`,
  };
}

export function innerSettings(): Record<string, string> {
  return { 'ipv4/ip_local_port_range': `${APPLICATION_EPHEMERAL.first}\t${APPLICATION_EPHEMERAL.last}` };
}
