import type { IstioObject } from '@lateen/api/istio/common';
import { parseDuration } from '@lateen/api/istio/duration';
import type { Problem } from '@lateen/kit';
import { fullHost } from '../ir/host.ts';
import type { MeshSettings } from '../ir/mesh.ts';
import type { Origin } from '../ir/origin.ts';
import { seconds } from '../registry/metadata.ts';

/** What compiling one resource needs besides it, and where it puts what is wrong. */
export class Compiling {
  readonly mesh: MeshSettings;
  readonly origin: Origin;
  readonly created: number;
  readonly problems: Problem[] = [];
  private readonly apiVersion: string;

  constructor(object: IstioObject<unknown>, mesh: MeshSettings) {
    this.mesh = mesh;
    this.apiVersion = object.apiVersion;
    this.created = seconds(object.metadata.creationTimestamp);
    this.origin = {
      kind: object.kind,
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name ?? '',
      path: '',
    };
  }

  at(path: string): Origin {
    return { ...this.origin, path };
  }

  host(host: string | undefined): string {
    return fullHost(host ?? '', this.origin.namespace, this.mesh.domainSuffix);
  }

  problem(code: string, path: string, message: string, severity: Problem['severity'] = 'error'): void {
    const { kind, namespace, name } = this.origin;
    this.problems.push({
      code,
      severity,
      path,
      message,
      object: { apiVersion: this.apiVersion, kind, namespace, name },
    });
  }

  /** Milliseconds of a duration; a wrong one is a problem and counts as absent. */
  duration(text: string | undefined, path: string): number | undefined {
    if (text === undefined || text === null) return undefined;
    const value = parseDuration(text);
    if (value === undefined)
      this.problem('InvalidDuration', path, `"${text}" is no duration; write one such as 5s or 200ms`);
    return value;
  }
}
