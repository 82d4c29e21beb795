import type { KubeObject } from '@lateen/kube/types';
import { printerCells } from '../../schema/index.ts';
import type { Scope } from '../engine/scope.ts';
import { badRequest } from '../errors.ts';
import type { Column } from '../resource.ts';
import { coreCells, eventCells } from './core.ts';
import { age } from './format.ts';
import { otherCells } from './others.ts';
import { workloadCells } from './workloads.ts';

export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: Record<string, unknown>;
  columnDefinitions: Record<string, unknown>[] | null;
  rows: { cells: unknown[]; object: unknown }[];
}

const cellsOf = { ...coreCells, ...workloadCells, ...otherCells };

const fallbackColumns: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Created At', type: 'date', format: '', priority: 0 },
];

/** Objects (as they are served) as the rows of a Table. */
export function renderTable(
  scope: Scope,
  objects: readonly KubeObject[],
  version: string,
  metadata: { resourceVersion?: string; continue?: string },
): Table {
  const include = scope.request.query.get('includeObject') || 'Metadata';
  if (!['None', 'Metadata', 'Object'].includes(include)) {
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  const { served } = scope;
  const columns = served.columns.length > 0 ? served.columns : fallbackColumns;
  const now = scope.core.clock.now();
  const { resourceVersion, continue: next, ...rest } = metadata as Record<string, unknown>;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: {
      resourceVersion,
      ...(Boolean(next) && { continue: next, remainingItemCount: rest.remainingItemCount }),
    },
    columnDefinitions: columns.map(definition),
    rows: objects.map((object) => ({
      cells: cells(scope, object, now),
      object: included(object, include, version),
    })),
  };
}

function cells(scope: Scope, object: KubeObject, now: number): unknown[] {
  const { served, resource } = scope;
  if (served.custom) {
    if (served.custom.columns.length === 0) return [object.metadata.name, age(object, now)];
    return [object.metadata.name, ...printerCells(served.custom.columns, object, now)];
  }
  const make = cellsOf[resource.storage];
  if (resource.storage === 'events') return eventCells(toCoreEvent(object), now);
  return make ? make(object, now) : [object.metadata.name, object.metadata.creationTimestamp];
}

function toCoreEvent(event: KubeObject): KubeObject {
  if (event.apiVersion === 'v1') return event;
  return {
    ...event,
    involvedObject: event.regarding,
    message: event.note,
    reportingComponent: event.reportingController,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    source: event.deprecatedSource,
    count: event.deprecatedCount,
  };
}

function definition(column: Column): Record<string, unknown> {
  const { name, type, format, priority, description = '' } = column;
  return { name, type, format, description, priority };
}

function included(object: KubeObject, include: string, version: string): unknown {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
