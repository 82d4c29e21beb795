import type { CommandModule } from './index.ts';

export const kubeInject: CommandModule = { programs: [], register() {} };
