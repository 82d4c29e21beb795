import type { KubeObject } from '@lateen/kube/types';
import { gone } from '../errors.ts';
import type { ApiResponse, Sink } from '../request.ts';
import type { StoreEvent } from '../store/collection.ts';
import type { Entry } from '../store/entry.ts';
import { renderTable } from '../table/render.ts';
import { checkListOptions } from './list-options.ts';
import { negotiate, type Representation } from './negotiate.ts';
import { invalidVersion, predicateOf } from './read.ts';
import { partialMetadata, warningHeaders } from './respond.ts';
import { apiVersion, encodeEntry, type Scope, storedToWire } from './scope.ts';

type EventType = StoreEvent['type'] | 'BOOKMARK';

const bookmarkInterval = 60_000;
const defaultTimeout = 30 * 60;

/** A stream of changes from the version that the request names, or from now, with what is there first. */
export function watchObjects(scope: Scope): ApiResponse {
  const representation = negotiate(scope.request.headers.accept, scope.resource.custom);
  const { query } = scope.request;
  const sendInitial = ['true', '1'].includes(query.get('sendInitialEvents') ?? '');
  checkListOptions(query, true);
  const wanted = query.get('resourceVersion') || '0';
  if (!/^\d+$/.test(wanted)) throw invalidVersion(wanted);
  const from = Number(wanted);
  const stream = new WatchStream(scope, representation, predicateOf(scope));
  return {
    status: 200,
    headers: { 'Content-Type': representation.contentType, ...warningHeaders(scope.warnings) },
    body: (sink) => stream.start(sink, from, sendInitial || from === 0, sendInitial),
  };
}

/** One watcher: filters, encodes and writes, until its time is over, its reader leaves or cannot keep up. */
class WatchStream {
  readonly #scope: Scope;
  readonly #representation: Representation;
  readonly #predicate: ((object: KubeObject) => boolean) | undefined;
  #sink!: Sink;
  #ended = false;
  #cleanup: (() => void)[] = [];
  #first = true;

  constructor(
    scope: Scope,
    representation: Representation,
    predicate: ((object: KubeObject) => boolean) | undefined,
  ) {
    this.#scope = scope;
    this.#representation = representation;
    this.#predicate = predicate;
  }

  start(sink: Sink, from: number, initial: boolean, markEnd: boolean): void {
    this.#sink = sink;
    const { store } = this.#scope.core;
    const version = initial ? store.version : from;
    if (initial) this.#sendInitial();
    if (initial && markEnd) this.#bookmark(version, true);
    const stop = store.watch(this.#scope.resource.storage, version, (event) => this.#event(event));
    if (!stop) {
      const oldest = store.collection(this.#scope.resource.storage).forgotten;
      const error = gone(`too old resource version: ${version} (${oldest})`);
      this.#send('ERROR', JSON.stringify(error.toStatus()));
      this.#end();
      return;
    }
    this.#cleanup.push(stop);
    this.#schedule();
    const abort = () => this.#end();
    this.#scope.request.signal.addEventListener('abort', abort, { once: true });
    this.#cleanup.push(() => this.#scope.request.signal.removeEventListener('abort', abort));
    if (this.#scope.request.signal.aborted || this.#ended) this.#end();
  }

  #schedule(): void {
    const { query } = this.#scope.request;
    const { clock, store } = this.#scope.core;
    const seconds = Number(query.get('timeoutSeconds') || defaultTimeout);
    this.#cleanup.push(clock.after(seconds * 1000, () => this.#end()));
    if (!['true', '1'].includes(query.get('allowWatchBookmarks') ?? '')) return;
    let cancel = () => {};
    const arm = () => {
      cancel = clock.after(bookmarkInterval, () => {
        this.#bookmark(store.durableVersion, false);
        if (!this.#ended) arm();
      });
    };
    arm();
    this.#cleanup.push(() => cancel());
  }

  #sendInitial(): void {
    const collection = this.#scope.core.store.collection(this.#scope.resource.storage);
    for (const entry of collection.entries(this.#scope.path.namespace || undefined)) {
      if (!this.#predicate || this.#predicate(entry.object)) this.#sendEntry('ADDED', entry);
    }
  }

  #event(event: StoreEvent): void {
    if (this.#ended) return;
    const { namespace } = this.#scope.path;
    if (namespace !== '' && event.entry.namespace !== namespace) return;
    const type = this.#typeOf(event);
    if (type) this.#sendEntry(type, event.entry);
  }

  /** An object that begins or ceases to match appears or disappears for this watcher. */
  #typeOf(event: StoreEvent): StoreEvent['type'] | undefined {
    const predicate = this.#predicate;
    if (!predicate) return event.type;
    const before = event.previous !== undefined && predicate(event.previous.object);
    const after = event.type !== 'DELETED' && predicate(event.entry.object);
    if (before && after) return 'MODIFIED';
    if (after) return 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  #sendEntry(type: EventType, entry: Entry): void {
    this.#send(type, this.#encode(entry));
  }

  #encode(entry: Entry): string {
    const { as, version } = this.#representation;
    if (as === 'object') return encodeEntry(this.#scope.served, entry);
    const object = storedToWire(this.#scope.served, entry.object);
    if (as === 'partial') return JSON.stringify(partialMetadata(object, version));
    const table = renderTable(this.#scope, [object], version, {
      resourceVersion: object.metadata.resourceVersion!,
    });
    if (!this.#first) table.columnDefinitions = null;
    this.#first = false;
    return JSON.stringify(table);
  }

  #bookmark(version: number, end: boolean): void {
    const annotations = end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata = { resourceVersion: String(version), ...annotations };
    if (this.#representation.as === 'table') {
      const table = renderTable(this.#scope, [], this.#representation.version, metadata);
      const object = { kind: this.#scope.resource.kind, apiVersion: apiVersion(this.#scope), metadata };
      this.#send(
        'BOOKMARK',
        JSON.stringify({ ...table, columnDefinitions: null, rows: [{ cells: [], object }] }),
      );
      return;
    }
    const partial = this.#representation.as === 'partial';
    const object = partial
      ? partialMetadata({ kind: '', apiVersion: '', metadata }, this.#representation.version)
      : { kind: this.#scope.resource.kind, apiVersion: apiVersion(this.#scope), metadata };
    this.#send('BOOKMARK', JSON.stringify(object));
  }

  #send(type: EventType | 'ERROR', object: string): void {
    if (!this.#sink.write(`{"type":"${type}","object":${object}}\n`)) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const cleanup of this.#cleanup.splice(0)) cleanup();
    this.#sink.end();
  }
}
