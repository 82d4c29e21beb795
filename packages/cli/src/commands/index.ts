import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { demo } from './demo.ts';
import { down } from './down.ts';
import { env } from './env.ts';
import { image } from './image.ts';
import { kubeInject } from './kube-inject.ts';
import { logs } from './logs.ts';
import { obtainKubectl } from './obtain-kubectl.ts';
import { proxyConfig } from './proxy-config.ts';
import { proxyStatus } from './proxy-status.ts';
import { status } from './status.ts';
import { up } from './up.ts';
import { version } from './version.ts';

/** One command of the command line; `register` adds it to the program. */
export interface CommandModule {
  readonly programs: readonly ('lateen' | 'istioctl')[];
  register(root: Command, context: CommandContext): void;
}

/** In the order in which `--help` shows them. */
export const commands: readonly CommandModule[] = [
  demo,
  up,
  down,
  status,
  env,
  logs,
  image,
  kubeInject,
  proxyStatus,
  proxyConfig,
  version,
  obtainKubectl,
];
