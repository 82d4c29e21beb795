/** A failure with curl's exit code and its words for it. */
export class CurlError extends Error {
  readonly code: number;
  /** A mistake on the command line, printed without the code in front. */
  readonly usage: boolean;

  constructor(code: number, message: string, usage = false) {
    super(message);
    this.code = code;
    this.usage = usage;
  }
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly elapsed: number;
  readonly received: number;
  readonly connected: boolean;
  readonly secure: boolean;
}

/** What curl says about a failed transfer. */
export function curlError(
  error: NodeJS.ErrnoException,
  { host, port, elapsed, connected, secure }: Where,
): CurlError {
  const { code = '', message } = error;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new CurlError(6, `Could not resolve host: ${host}`);
  if (!connected && /^E(CONNREFUSED|HOSTUNREACH|NETUNREACH|CONNRESET|NOENT|ACCES)$/.test(code)) {
    return new CurlError(
      7,
      `Failed to connect to ${host} port ${port} after ${elapsed} ms: Couldn't connect to server`,
    );
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT/.test(code))
    return new CurlError(60, `SSL certificate problem: ${message}`);
  if (secure && /^(ERR_SSL|EPROTO)/.test(code)) return new CurlError(35, `TLS connect error: ${message}`);
  if (code === 'ECONNRESET' && /socket hang up/.test(message))
    return new CurlError(52, 'Empty reply from server');
  if (code === 'ECONNRESET') return new CurlError(56, 'Recv failure: Connection reset by peer');
  if (/^HPE_/.test(code)) return new CurlError(1, 'Received HTTP/0.9 when not allowed');
  return new CurlError(56, `Failure when receiving data from the peer: ${message}`);
}
