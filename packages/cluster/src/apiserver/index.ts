export type { Profile } from './core.ts';
export { runApiServer } from './main.ts';
export type { ApiServerOptions } from './options.ts';
export type { User } from './request.ts';
export { type ApiServer, startApiServer } from './server.ts';
