export * from './config.ts';
export { isInjected, wantsSidecar } from './decide.ts';
export { injectObject } from './object.ts';
export { injectPod } from './pod.ts';
export { injectText } from './text.ts';
