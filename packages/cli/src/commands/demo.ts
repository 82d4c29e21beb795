import type { CommandModule } from './index.ts';

export const demo: CommandModule = { programs: [], register() {} };
