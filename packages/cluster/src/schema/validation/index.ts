export * from './metadata.ts';
export * from './names.ts';
