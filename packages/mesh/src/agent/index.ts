import { fetchLocal } from './admin.ts';
import { checkIptables } from './iptables.ts';
import { UsageError } from './options.ts';
import { waitForProxy } from './wait.ts';

const usage = `usage: pilot-agent proxy sidecar|router [flags]
       pilot-agent istio-iptables [flags]
       pilot-agent istio-clean-iptables
       pilot-agent wait [--timeoutSeconds N]
       pilot-agent request GET|POST PATH
       pilot-agent version
`;

type Verb = (argv: readonly string[]) => Promise<number> | number;

const verbs: Readonly<Record<string, Verb>> = {
  proxy: async (argv) => (await import('./proxy.ts')).runProxyAgent(argv, process.env),
  'istio-iptables': (argv) => {
    process.stdout.write(checkIptables(argv));
    return 0;
  },
  'istio-clean-iptables': () => 0,
  wait: waitForProxy,
  request: printAdminPage,
  version: () => {
    process.stdout.write('lateen agent 0.1.0\n');
    return 0;
  },
};

/** `request GET config_dump`: a page of the proxy's administration interface, for those that come through exec. */
async function printAdminPage(argv: readonly string[]): Promise<number> {
  const [method = 'GET', path = '/'] = argv.filter((word) => !word.startsWith('--'));
  const port = Number(argv.find((word) => word.startsWith('--debug-port='))?.slice(13) ?? 15000);
  const { status, body } = await fetchLocal(port, path.startsWith('/') ? path : `/${path}`, {
    method,
    timeout: 10_000,
  });
  process.stdout.write(body);
  return status >= 400 ? 1 : 0;
}

/** The program of the proxyv2 images. Ends the process when the verb has done its work. */
export async function runPilotAgent(argv: readonly string[]): Promise<void> {
  const [name = '', ...rest] = argv;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) {
    process.stderr.write(`unknown command "${name}"\n\n${usage}`);
    process.exit(64);
  }
  try {
    const code = await verb(rest);
    if (name === 'proxy') process.exit(code);
    process.exitCode = code;
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
    process.exit(error instanceof UsageError ? 64 : 1);
  }
}
