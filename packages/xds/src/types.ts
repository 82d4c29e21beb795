/** The canonical proto3 JSON form of Envoy's messages, and of Istio's that travel in them. */
export type * from './gen/messages.ts';

import type { AnyMessage } from './gen/messages.ts';

/** A message as it stands in a `google.protobuf.Any`: its fields with the type URL beside them. */
export type Typed<T> = T & { '@type': string };

/** Any resource or configuration message with its type URL. */
export type AnyJson = AnyMessage;
