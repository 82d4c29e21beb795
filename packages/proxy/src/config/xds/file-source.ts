import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { formatProblem, type Log } from '@lateen/kit';
import type { SubscriptionOptions } from '@lateen/xds/ads/client';
import { parse } from '@lateen/xds/codec';
import { resourceName } from '@lateen/xds/type-urls';
import { parseText } from '../text.ts';
import type { ResourceSource } from './source.ts';

const responseType = 'type.googleapis.com/envoy.service.discovery.v3.DiscoveryResponse';

interface FileSubscription {
  readonly typeUrl: string;
  readonly options: SubscriptionOptions;
  names: ReadonlySet<string> | undefined;
  held: Set<string>;
}

/** Resources in a file that is replaced by renaming another one onto it. */
export class FileSource implements ResourceSource {
  private readonly path: string;
  private readonly log: Log;
  private readonly failed: (typeUrl: string) => void;
  private readonly subscriptions: FileSubscription[] = [];
  private watcher: FSWatcher | undefined;

  constructor(path: string, log: Log, failed: (typeUrl: string) => void) {
    this.path = path;
    this.failed = failed;
    this.log = log;
  }

  subscribe(typeUrl: string, options: SubscriptionOptions): { setNames(names: Iterable<string>): void } {
    const names = options.names === undefined ? undefined : new Set(options.names);
    const subscription: FileSubscription = { typeUrl, options, names, held: new Set() };
    this.subscriptions.push(subscription);
    this.follow();
    void this.read([subscription]);
    return {
      setNames: (next) => {
        subscription.names = new Set(next);
        void this.read([subscription]);
      },
    };
  }

  private follow(): void {
    if (this.watcher) return;
    const name = basename(this.path);
    this.watcher = watch(dirname(this.path), { persistent: false }, (_event, changed) => {
      if (changed === name) void this.read(this.subscriptions);
    });
  }

  private async read(subscriptions: readonly FileSubscription[]): Promise<void> {
    try {
      const parsed = parse(responseType, await parseText(readFileSync(this.path, 'utf8'), this.path));
      if (parsed.problems.length > 0) throw new Error(parsed.problems.map(formatProblem).join('; '));
      for (const subscription of subscriptions) this.deliver(subscription, parsed.value);
    } catch (error) {
      for (const subscription of subscriptions) this.failed(subscription.typeUrl);
      this.log.warn('a configuration file was refused', { path: this.path, error });
    }
  }

  private deliver(subscription: FileSubscription, response: Readonly<Record<string, any>>): void {
    const version = response.versionInfo ?? '';
    const resources = (response.resources ?? [])
      .filter((message: Readonly<Record<string, any>>) => message['@type'] === subscription.typeUrl)
      .map((message: Readonly<Record<string, any>>) => ({ name: resourceName(message), version, message }))
      .filter(({ name }: { name: string }) => subscription.names?.has(name) ?? true);
    const present = new Set<string>(resources.map(({ name }: { name: string }) => name));
    const removed = subscription.names ? [] : [...subscription.held].filter((name) => !present.has(name));
    const problem = subscription.options.onUpdate({ version, resources, removed });
    if (problem === undefined) subscription.held = present;
    else this.log.warn('a configuration file was refused', { path: this.path, problem });
  }

  close(): void {
    this.watcher?.close();
  }
}
