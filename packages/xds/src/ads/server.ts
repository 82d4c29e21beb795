import type { Server, ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import type { Clock, Log } from '@lateen/kit';
import type { DeltaDiscoveryRequest, DiscoveryRequest, Node } from '../types.ts';
import { adsMethods, decodeDeltaRequest, decodeRequest } from './messages.ts';
import { AdsSession } from './session.ts';

/** A connected proxy. */
export interface AdsConnection {
  /** Unique in this process, in order of connection. */
  readonly id: number;
  readonly node: Node;
  readonly peer: string;
  readonly connectedAt: number;
  readonly session: AdsSession;
}

export interface AdsServerOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** A proxy has said who it is; publish to `connection.session` what it may see. */
  onConnect(connection: AdsConnection): void;
  onDisconnect(connection: AdsConnection): void;
  onSettled?(connection: AdsConnection, typeUrl: string): void;
}

type Request = DiscoveryRequest & DeltaDiscoveryRequest;
type Stream = ServerDuplexStream<Request, Buffer>;

const passThrough = (bytes: Buffer) => bytes;

function method(path: string, decode: (bytes: Uint8Array) => unknown): ServiceDefinition[string] {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: passThrough,
    requestDeserialize: decode,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  };
}

const service: ServiceDefinition = {
  StreamAggregatedResources: method(adsMethods.sotw, decodeRequest),
  DeltaAggregatedResources: method(adsMethods.delta, decodeDeltaRequest),
};

/** The aggregated discovery service, state of the world and delta, on any number of gRPC servers. */
export class AdsServer {
  readonly #options: AdsServerOptions;
  readonly #connections = new Set<AdsConnection>();
  #ids = 0;

  constructor(options: AdsServerOptions) {
    this.#options = options;
  }

  addTo(server: Server): void {
    server.addService(service, {
      StreamAggregatedResources: (stream: Stream) => this.#serve(stream, false),
      DeltaAggregatedResources: (stream: Stream) => this.#serve(stream, true),
    });
  }

  /** Every proxy that is connected now, the oldest first. */
  connections(): readonly AdsConnection[] {
    return [...this.#connections];
  }

  #serve(stream: Stream, delta: boolean): void {
    let connection: AdsConnection | undefined;
    const session = new AdsSession({
      delta,
      clock: this.#options.clock,
      send: (response) => stream.write(response),
      onSettled: (typeUrl) => connection && this.#options.onSettled?.(connection, typeUrl),
    });
    const end = () => {
      session.close();
      if (connection && this.#connections.delete(connection)) this.#options.onDisconnect(connection);
      connection = undefined;
    };
    stream.on('data', (request: Request) => {
      try {
        connection ??= this.#connect(stream, session, request);
        if (connection) delta ? session.receiveDelta(request) : session.receive(request);
      } catch (error) {
        this.#options.log.error('cannot serve a proxy', { node: connection?.node.id, error });
        stream.end();
        end();
      }
    });
    stream.on('end', () => {
      end();
      stream.end();
    });
    stream.on('error', end);
    stream.on('cancelled', end);
    stream.on('close', end);
  }

  #connect(stream: Stream, session: AdsSession, request: Request): AdsConnection | undefined {
    if (!request.node?.id) {
      this.#options.log.warn('a proxy did not say who it is in its first request', {
        peer: stream.getPeer(),
      });
      stream.end();
      return undefined;
    }
    const connection: AdsConnection = {
      id: ++this.#ids,
      node: request.node,
      peer: stream.getPeer(),
      connectedAt: this.#options.clock.now(),
      session,
    };
    this.#connections.add(connection);
    this.#options.onConnect(connection);
    return connection;
  }
}
