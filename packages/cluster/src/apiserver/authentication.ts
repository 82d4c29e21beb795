import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { ApiError } from './errors.ts';
import { certificateUser } from './http/listen.ts';
import type { ApiResponse, User } from './request.ts';
import type { TokenIssuer } from './tokens.ts';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The user behind a request, by bearer token or client certificate; impersonation is resolved afterwards. */
export function authenticateRequest(incoming: IncomingMessage, tokens: TokenIssuer): User | ApiResponse {
  const header = incoming.headers.authorization ?? '';
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1] ?? protocolToken(incoming);
  if (bearer !== undefined) return tokens.authenticate(bearer) ?? unauthorized();
  const user = certificateUser(incoming);
  if (user) return user;
  const shown = (incoming.socket as TLSSocket).getPeerCertificate?.();
  if (shown && Object.keys(shown).length > 0) return unauthorized();
  return header === '' ? anonymous : unauthorized();
}

/** Browsers cannot set headers on WebSockets: the token may come as a subprotocol. */
function protocolToken(incoming: IncomingMessage): string | undefined {
  const prefix = 'base64url.bearer.authorization.k8s.io.';
  const protocols = (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim());
  const found = protocols.find((text) => text.startsWith(prefix));
  return found && Buffer.from(found.slice(prefix.length), 'base64url').toString('utf8');
}

function unauthorized(): ApiResponse {
  const error = new ApiError(401, 'Unauthorized', 'Unauthorized');
  const body = `${JSON.stringify(error.toStatus())}\n`;
  return { status: 401, headers: { 'Content-Type': 'application/json' }, body };
}
