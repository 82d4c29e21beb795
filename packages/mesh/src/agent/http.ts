/**
 * Node's http. Not imported but taken: importing it reads its `WebSocket` too, which loads an HTTP client of 4 MB that no
 * agent needs.
 */
export const { createServer, request } = process.getBuiltinModule('node:http');
