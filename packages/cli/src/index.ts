export { CommandError } from './context.ts';
export { runCli } from './run.ts';
