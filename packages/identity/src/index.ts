export * from './authority.ts';
export * from './jwt.ts';
export * from './x509.ts';
