import type { FormatContext } from '../../http/types.ts';
import type { FormatEnvironment } from './environment.ts';
import type { OperatorCompiler, OperatorValue } from './operator.ts';

type FilterMetadata = Readonly<Record<string, unknown>> | undefined;
type Source = (context: FormatContext, environment: FormatEnvironment) => FilterMetadata;

const sources: Readonly<Record<string, Source>> = {
  DYNAMIC: ({ info }) => info.dynamicMetadata,
  ROUTE: ({ info }) => info.routeMetadata,
  CLUSTER: ({ info }, environment) =>
    environment.clusters.get(info.upstreamCluster)?.message.metadata?.filterMetadata,
  UPSTREAM_HOST: ({ info }) => info.upstreamHost?.metadata,
  LISTENER: () => undefined,
  VIRTUAL_HOST: () => undefined,
};

function lookUp(metadata: FilterMetadata, path: readonly string[]): OperatorValue {
  let value: unknown = metadata;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value === null ? undefined : (value as OperatorValue);
}

const from =
  (source: Source): OperatorCompiler =>
  (argument, environment) => {
    if (!argument) return 'needs NAMESPACE:KEY';
    const path = argument.split(':');
    return (context) => lookUp(source(context, environment), path);
  };

const typed: OperatorCompiler = (argument, environment) => {
  const [kind = '', ...path] = (argument ?? '').split(':');
  const source = sources[kind];
  if (!source) return `${kind} is not supported type of metadata`;
  return from(source)(path.join(':'), environment);
};

export const metadataOperators: Readonly<Record<string, OperatorCompiler>> = {
  METADATA: typed,
  DYNAMIC_METADATA: from(sources.DYNAMIC!),
  CLUSTER_METADATA: from(sources.CLUSTER!),
  UPSTREAM_METADATA: from(sources.UPSTREAM_HOST!),
};
