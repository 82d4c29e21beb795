import type { PerFilterConfig, PerFilterConfigs } from '../../route/types.ts';
import { problem, typeName } from '../config/values.ts';
import type { Message } from '../types.ts';
import type { RouteFilterCompilation } from './filter.ts';
import { filterKinds } from './list.ts';

const filterConfig = 'envoy.config.route.v3.FilterConfig';

/** Compiles a `typed_per_filter_config`; undefined when it is empty. */
export function compilePerFilterConfigs(
  configs: Readonly<Record<string, Message>> | undefined,
  path: string,
  compilation: RouteFilterCompilation,
): PerFilterConfigs | undefined {
  if (configs === undefined || Object.keys(configs).length === 0) return undefined;
  const compiled = new Map<string, PerFilterConfig>();
  for (const [name, config] of Object.entries(configs)) {
    compiled.set(name, compileOne(name, config, `${path}[${name}]`, compilation));
  }
  return compiled;
}

function compileOne(
  name: string,
  message: Message,
  path: string,
  compilation: RouteFilterCompilation,
): PerFilterConfig {
  const wrapped = typeName(message) === filterConfig;
  const disabled = wrapped && message.disabled === true;
  const config: Message | undefined = wrapped ? message.config : message;
  const type = typeName(config);
  if (config === undefined || type === '' || type === 'google.protobuf.Empty')
    return { disabled, config: undefined };
  const kind = filterKinds.find((candidate) => candidate.routeTypes?.includes(type));
  if (kind?.compileRoute === undefined) {
    if (!(wrapped && message.isOptional)) {
      compilation.problems.push(
        problem(path, `${type} is not supported by this proxy yet as configuration of ${name}; remove it`),
      );
    }
    return { disabled, config: undefined };
  }
  return { disabled, config: kind.compileRoute(config, path, compilation) };
}
