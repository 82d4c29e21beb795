import type { KubeObject } from '@lateen/kube/types';
import type { Core } from './core.ts';
import { StoreConflict } from './store/store.ts';

const lifetime = 60 * 60 * 1000;
const interval = 60 * 1000;

/** Removes events an hour after they were last seen, as Kubernetes does. Returns what stops it. */
export function expireEvents(core: Core): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = core.clock.after(interval, () => {
      removeOld(core);
      arm();
    });
  };
  arm();
  return () => cancel();
}

function removeOld({ store, clock, log }: Core): void {
  const oldest = clock.now() - lifetime;
  for (const entry of [...store.collection('events').entries()]) {
    if (lastSeen(entry.object) > oldest) continue;
    try {
      store.remove('events', entry).durable.catch((error) => log.warn('cannot remove an event', { error }));
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}

function lastSeen(event: KubeObject): number {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.metadata.creationTimestamp,
  ];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}
