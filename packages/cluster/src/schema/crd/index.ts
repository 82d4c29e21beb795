export { compileCrd } from './compile.ts';
export { defaultCrd } from './definition.ts';
export { validateCrd } from './validate.ts';
