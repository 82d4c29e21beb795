export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** What is known of a downstream connection once its filter chain has been matched. */
export interface ConnectionInfo {
  readonly id: number;
  /** Where the client connected to; with transparent capture the original destination. */
  readonly local: SocketAddress;
  /** The client, as told by PROXY protocol if it was; what `%DOWNSTREAM_REMOTE_ADDRESS%` prints. */
  readonly remote: SocketAddress;
  readonly directRemote: SocketAddress;
  /** True when `local` was restored from an original destination. */
  readonly localRestored: boolean;
  readonly serverName: string;
  readonly transportProtocol: 'raw_buffer' | 'tls';
  readonly applicationProtocols: readonly string[];
  readonly filterChainName: string;
  readonly startedAt: number;
  /** Set once TLS exists. */
  readonly tls?: {
    readonly version: string;
    readonly peerUriSans: readonly string[];
    readonly localUriSans: readonly string[];
    readonly peerSubject: string;
  };
}
