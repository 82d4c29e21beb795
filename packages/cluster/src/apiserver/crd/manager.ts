import type { KubeClient, KubeObject } from '@lateen/kube/types';
import { type CompiledCrd, compileCrd } from '../../schema/index.ts';
import type { Core } from '../core.ts';
import { canonical } from '../engine/canonical.ts';
import type { StoreEvent } from '../store/collection.ts';
import type { Entry } from '../store/entry.ts';
import { StoreConflict } from '../store/store.ts';
import { type Condition, decideNames, type NameDecision, type TakenNames } from './names.ts';
import { servedVersions } from './served.ts';

const storage = 'customresourcedefinitions.apiextensions.k8s.io';
const finalizer = 'customresourcecleanup.apiextensions.k8s.io';

interface Established {
  /** The specification that it was compiled from. */
  readonly spec: string;
  readonly compiled: CompiledCrd;
  readonly stop: () => void;
}

/**
 * Serves what CustomResourceDefinitions define: an accepted definition is served before its write is answered. Keeps
 * the definitions' status and removes the objects of deleted ones.
 */
export class DefinitionManager {
  readonly #core: Core;
  readonly #client: KubeClient;
  readonly #established = new Map<string, Established>();
  readonly #stop: () => void;

  constructor(core: Core, client: KubeClient) {
    this.#core = core;
    this.#client = client;
    const { store } = core;
    for (const entry of [...store.collection(storage).entries()]) this.#sync(entry);
    this.#stop = store.watch(storage, store.version, (event) => this.#event(event))!;
  }

  /** The definitions that are served, for OpenAPI. */
  compiled(): CompiledCrd[] {
    return [...this.#established.values()].map((one) => one.compiled);
  }

  close(): void {
    this.#stop();
    for (const one of this.#established.values()) one.stop();
  }

  #event(event: StoreEvent): void {
    if (event.type === 'DELETED') {
      this.#withdraw(event.entry.object);
      this.#retryRefused(event.entry.object.spec.group);
    } else this.#sync(event.entry);
  }

  #sync(entry: Entry): void {
    try {
      const definition = entry.object;
      const decision = decideNames(definition, this.#taken(definition));
      if (decision.established) this.#serve(definition, decision);
      if (definition.metadata.deletionTimestamp) this.#terminate(entry);
      else this.#writeStatus(entry, decision);
    } catch (error) {
      this.#core.log.error(`cannot serve ${entry.name}`, { error: String((error as Error).stack) });
    }
  }

  #serve(definition: KubeObject, decision: NameDecision): void {
    const name = definition.metadata.name!;
    const known = this.#established.get(name);
    const previous = this.#core.registry.stored(name);
    const spec = JSON.stringify(definition.spec);
    const same = known?.spec === spec;
    const terminating = definition.metadata.deletionTimestamp !== undefined;
    if (same && Boolean(previous?.terminating) === terminating) return;
    const compiled = same ? known!.compiled : compileCrd(definition);
    const { registry, store } = this.#core;
    registry.removeResource(compiled.group, decision.accepted.plural);
    for (const served of servedVersions(definition, compiled, decision.accepted)) registry.add(served);
    known?.stop();
    const stop = store.watch(name, store.version, (event) => {
      if (event.type === 'DELETED') this.#finishIfEmpty(name);
    });
    this.#established.set(name, { spec, compiled, stop: stop ?? (() => {}) });
  }

  #withdraw(definition: KubeObject): void {
    const name = definition.metadata.name!;
    this.#established.get(name)?.stop();
    this.#established.delete(name);
    this.#core.registry.removeResource(definition.spec.group, definition.spec.names.plural);
  }

  /** Names that became free may be what another definition waits for. */
  #retryRefused(group: string): void {
    for (const entry of [...this.#core.store.collection(storage).entries()]) {
      if (entry.object.spec.group === group && !this.#established.has(entry.name)) this.#sync(entry);
    }
  }

  #taken(definition: KubeObject): TakenNames {
    const resources = new Set<string>();
    const kinds = new Set<string>();
    for (const { group, resource } of this.#core.registry.all()) {
      if (group !== definition.spec.group || resource.storage === definition.metadata.name) continue;
      for (const name of [resource.plural, resource.singular, ...resource.shortNames]) resources.add(name);
      for (const name of [resource.kind, resource.listKind]) kinds.add(name);
    }
    return { resources, kinds };
  }

  #writeStatus(entry: Entry, decision: NameDecision): void {
    const { status = {}, spec } = entry.object;
    const stored: string[] = status.storedVersions ?? [];
    const storageVersion = spec.versions?.find((version: any) => version.storage)?.name;
    const storedVersions = stored.includes(storageVersion)
      ? stored
      : [...stored, storageVersion].filter(Boolean);
    const conditions = this.#mergeConditions(status.conditions ?? [], decision.conditions);
    const next = { ...status, acceptedNames: decision.accepted, conditions, storedVersions };
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    this.#put(entry, { ...entry.object, status: next });
  }

  #mergeConditions(current: Condition[], wanted: readonly Condition[]): Condition[] {
    const now = `${new Date(this.#core.clock.now()).toISOString().slice(0, 19)}Z`;
    const merged = [...current];
    for (const condition of wanted) {
      const at = merged.findIndex((one) => one.type === condition.type);
      if (at < 0) merged.push({ lastTransitionTime: now, ...condition });
      else if (merged[at]!.status !== condition.status)
        merged[at] = { lastTransitionTime: now, ...condition };
      else merged[at] = { lastTransitionTime: merged[at]!.lastTransitionTime ?? now, ...condition };
    }
    return merged;
  }

  #put(entry: Entry, object: KubeObject): void {
    try {
      const { durable } = this.#core.store.put(storage, entry, entry, (resourceVersion) =>
        canonical(object, resourceVersion),
      );
      durable.catch((error) => this.#core.log.error(`cannot update ${entry.name}`, { error }));
    } catch (error) {
      // Somebody wrote meanwhile: their event leads here again.
      if (!(error instanceof StoreConflict)) throw error;
    }
  }

  #terminate(entry: Entry): void {
    if (!entry.object.metadata.finalizers?.includes(finalizer)) return;
    const conditions = this.#mergeConditions(entry.object.status?.conditions ?? [], [
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionInProgress',
        message: 'CustomResource deletion is in progress',
      },
    ]);
    const begun = JSON.stringify(conditions) === JSON.stringify(entry.object.status?.conditions);
    if (!begun) this.#put(entry, { ...entry.object, status: { ...entry.object.status, conditions } });
    else this.#deleteInstances(entry);
  }

  #deleteInstances(entry: Entry): void {
    const { name } = entry;
    const resource = this.#core.registry.stored(name);
    const instances = [...this.#core.store.collection(name).entries()];
    if (!resource || instances.length === 0) {
      this.#finishIfEmpty(name);
      return;
    }
    const { group, version, plural } = resource;
    for (const instance of instances) {
      if (instance.object.metadata.deletionTimestamp) continue;
      this.#client
        .delete({ group, version, resource: plural }, instance.name, instance.namespace || undefined)
        .catch((error) => this.#core.log.warn(`cannot delete ${plural}.${group} ${instance.key}`, { error }));
    }
  }

  #finishIfEmpty(name: string): void {
    const { store } = this.#core;
    const entry = store.collection(storage).get('', name);
    if (!entry?.object.metadata.deletionTimestamp || store.collection(name).size > 0) return;
    const finalizers = (entry.object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    if (finalizers.length === 0) {
      const { durable } = store.remove(storage, entry);
      durable.catch((error) => this.#core.log.error(`cannot remove ${name}`, { error }));
    } else if (finalizers.length !== entry.object.metadata.finalizers?.length) {
      this.#put(entry, { ...entry.object, metadata: { ...entry.object.metadata, finalizers } });
    }
  }
}
