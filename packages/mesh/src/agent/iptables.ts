import { parseArgs } from 'node:util';
import { UsageError } from './options.ts';

const text = { type: 'string' } as const;
const toggle = { type: 'boolean' } as const;

/** Flags of `istio-iptables`, today's and those of 1.2.2's `istio-iptables.sh`. */
const flags = {
  'envoy-port': { ...text, short: 'p' },
  'inbound-capture-port': { ...text, short: 'z' },
  'proxy-uid': { ...text, short: 'u' },
  'proxy-gid': { ...text, short: 'g' },
  'istio-inbound-interception-mode': { ...text, short: 'm' },
  'istio-inbound-ports': { ...text, short: 'b' },
  'istio-local-exclude-ports': { ...text, short: 'd' },
  'istio-service-cidr': { ...text, short: 'i' },
  'istio-service-exclude-cidr': { ...text, short: 'x' },
  'istio-outbound-ports': { ...text, short: 'q' },
  'istio-local-outbound-ports-exclude': { ...text, short: 'o' },
  'istio-exclude-interfaces': { ...text, short: 'c' },
  kubevirtInterfaces: { ...text, short: 'k' },
  'istio-inbound-tproxy-mark': { ...text, short: 't' },
  'istio-inbound-tproxy-route-table': { ...text, short: 'r' },
  'dry-run': { ...toggle, short: 'n' },
  'redirect-dns': toggle,
  'capture-all-dns': toggle,
  'skip-rule-apply': toggle,
  'run-validation': toggle,
  'iptables-probe-port': text,
  'probe-timeout': text,
  'native-nftables': toggle,
  'force-apply': toggle,
  reconcile: toggle,
  'cleanup-only': toggle,
  'dual-stack': toggle,
  log_output_level: text,
  log_as_json: toggle,
} as const;

const modes = ['REDIRECT', 'TPROXY', 'NONE'];

/**
 * In the embedded cluster the pod's two namespaces and the agent's rules do what iptables does elsewhere; the arguments
 * are only checked, so that a mistake shows here as there. Returns the line to print; throws UsageError.
 */
export function checkIptables(argv: readonly string[]): string {
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ args: joinEmptyValues(argv), options: flags }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const mode = values['istio-inbound-interception-mode'] ?? 'REDIRECT';
  if (!modes.includes(String(mode)))
    throw new UsageError(`-m must be one of ${modes.join(', ')}, not ${mode}`);
  for (const name of ['envoy-port', 'inbound-capture-port', 'iptables-probe-port'])
    checkPorts(name, values[name]);
  for (const name of [
    'istio-inbound-ports',
    'istio-local-exclude-ports',
    'istio-outbound-ports',
    'istio-local-outbound-ports-exclude',
  ]) {
    checkPorts(name, values[name]);
  }
  return 'connections are captured by the pod network; nothing to do\n';
}

/** `-x ""` and `-x -d` alike: a flag whose value is missing has an empty one. */
function joinEmptyValues(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const previous = argv[index - 1];
    if (word === '' && previous?.startsWith('-')) return [];
    const next = argv[index + 1];
    const short = /^-[a-z]$/.test(word) && word !== '-n';
    if (short && (next === '' || next === undefined)) return [`--${longName(word[1]!)}=`];
    return [word];
  });
}

function longName(short: string): string {
  const found = Object.entries(flags).find(([, flag]) => 'short' in flag && flag.short === short);
  if (!found) throw new UsageError(`unknown flag -${short}`);
  return found[0];
}

function checkPorts(name: string, value: string | boolean | undefined): void {
  if (typeof value !== 'string' || value === '' || value === '*') return;
  for (const word of value.split(',').filter(Boolean)) {
    const port = Number(word);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new UsageError(`--${name} must hold ports from 1 to 65535, not ${word}`);
    }
  }
}
