import type { CommandModule } from './index.ts';

export const proxyConfig: CommandModule = { programs: [], register() {} };
