import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.ts';
import { type CommandContext, CommandError } from './context.ts';

/** Runs one command line and sets the process's exit code: 0 done, 1 failed, 2 wrongly called. */
export async function runCli(
  program: 'lateen' | 'istioctl',
  argv: readonly string[],
  projectRoot: string,
): Promise<void> {
  const context: CommandContext = {
    program,
    projectRoot,
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    stdin: process.stdin,
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = report(context, error);
  }
}

/** Parts of the mesh that run as a process of their own; `main` starts them before the command line is read. */
const parts = `
Parts that run in the foreground:
  proxy -c FILE            one proxy from an Envoy bootstrap, with Envoy's flags
  control-plane            the control plane alone, against any Kubernetes API (--kubeconfig FILE)

Example:
  lateen demo
`;

function createProgram(context: CommandContext): Command {
  const root = new Command(context.program)
    .description(
      context.program === 'lateen'
        ? "A service mesh with Istio's API, on one machine: cluster, control plane, proxy."
        : "Istio's command line, answered by Lateen.",
    )
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .showHelpAfterError('(add --help for the options and an example)');
  if (context.program === 'lateen') root.addHelpText('after', parts);
  for (const command of commands) {
    if (command.programs.includes(context.program)) command.register(root, context);
  }
  inheritSettings(root);
  return root;
}

function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

function report(context: CommandContext, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) {
    if (error.message !== '') context.err(`${context.program}: ${error.message}\n`);
    return error.exitCode;
  }
  const text =
    error instanceof Error
      ? context.env.LATEEN_DEBUG
        ? (error.stack ?? error.message)
        : error.message
      : String(error);
  context.err(`${context.program}: ${text}\n`);
  return 1;
}
