import type { CommandModule } from './index.ts';

export const image: CommandModule = { programs: [], register() {} };
