import type { CommandModule } from './index.ts';

export const proxyStatus: CommandModule = { programs: [], register() {} };
