export { checkNamespaces, type NamespaceCheck } from './check-namespaces.ts';
export { nodeCommand } from './command.ts';
export { runNode } from './main.ts';
export { startNode } from './node.ts';
export type { Node, NodeOptions } from './options.ts';
