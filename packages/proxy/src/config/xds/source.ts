import type { SubscriptionOptions } from '@lateen/xds/ads/client';
import type { GrpcStream, GrpcStreamHandlers } from '@lateen/xds/ads/grpc-stream';

export type { GrpcStreamHandlers };

/** Opens a bidirectional gRPC call by its method path. */
export type OpenStream = (method: string, handlers: GrpcStreamHandlers) => GrpcStream;

/** Where resources come from: an aggregated stream or files. */
export interface ResourceSource {
  subscribe(typeUrl: string, options: SubscriptionOptions): { setNames(names: Iterable<string>): void };
}

export interface Subscriber {
  close(): void;
}
