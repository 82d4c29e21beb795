import { systemClock } from '@lateen/kit';
import { decodeDeltaRequest, decodeRequest } from '@lateen/xds/ads/messages';
import { ResourceEncoder } from '@lateen/xds/ads/resources';
import { AdsSession } from '@lateen/xds/ads/session';
import { resourceName } from '@lateen/xds/type-urls';
import type { AnyJson } from '@lateen/xds/types';
import type { OpenStream } from './source.ts';

/** An xDS server in the same process, for tests: publishes lists of messages to every stream that is open. */
export class TestAdsServer {
  private readonly encoder = new ResourceEncoder();
  private readonly sessions = new Set<AdsSession>();
  private sets: ReadonlyMap<string, ReadonlyMap<string, ReturnType<ResourceEncoder['encode']>>> = new Map();
  private version = 0;

  readonly open: OpenStream = (method, handlers) => {
    const delta = method.includes('Delta');
    const session = new AdsSession({
      delta,
      clock: systemClock,
      send: (response) => setImmediate(() => handlers.onMessage(response)),
    });
    this.sessions.add(session);
    session.publish(this.sets, String(this.version));
    return {
      write: (message) => {
        if (delta) session.receiveDelta(decodeDeltaRequest(message));
        else session.receive(decodeRequest(message));
      },
      close: () => {
        session.close();
        this.sessions.delete(session);
        handlers.onEnd('closed');
      },
    };
  };

  publish(resources: readonly AnyJson[]): void {
    const byType = Map.groupBy(resources, (resource) => resource['@type']);
    this.sets = new Map(
      [...byType].map(([type, list]) => [
        type,
        new Map(list.map((message) => [resourceName(message), this.encoder.encode(message)])),
      ]),
    );
    this.version++;
    for (const session of this.sessions) session.publish(this.sets, String(this.version));
  }

  /** The reason of the last NACK of a type. */
  nack(typeUrl: string): string | undefined {
    for (const session of this.sessions) {
      const status = session.status().find((entry) => entry.typeUrl === typeUrl);
      if (status?.nack) return status.nack.message;
    }
    return undefined;
  }
}
