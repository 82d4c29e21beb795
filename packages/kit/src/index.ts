export * from './backoff.ts';
export * from './clock.ts';
export * from './log.ts';
export * from './problem.ts';
