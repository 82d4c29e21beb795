import type { Problem } from '@lateen/kit';
import { compileStringMatch, type StringTest } from '../../route/string-match.ts';
import { fraction, refuseUnknown } from '../config/values.ts';
import type { Message } from '../types.ts';

/** One level's CORS policy; fields that it leaves out are taken from less specific levels. */
export interface CorsPolicy {
  readonly origins: readonly StringTest[];
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
  readonly allowCredentials: boolean | undefined;
  readonly allowPrivateNetwork: boolean | undefined;
  readonly forwardNotMatching: boolean | undefined;
  readonly enabled: Chance;
  readonly shadow: Chance;
}

export interface Chance {
  readonly key: string;
  readonly chance: number;
}

const supported: ReadonlySet<string> = new Set(
  `allowOriginStringMatch allowMethods allowHeaders exposeHeaders maxAge allowCredentials filterEnabled shadowEnabled
allowPrivateNetworkAccess forwardNotMatchingPreflights`.split(/\s+/),
);

export function compileCorsPolicy(
  message: Message | undefined,
  path: string,
  problems: Problem[],
): CorsPolicy | undefined {
  if (message === undefined) return undefined;
  refuseUnknown(message, supported, path, problems);
  return {
    origins: ((message.allowOriginStringMatch ?? []) as Message[]).map((matcher, index) =>
      compileStringMatch(matcher, `${path}.allowOriginStringMatch[${index}]`, problems),
    ),
    allowMethods: message.allowMethods ?? '',
    allowHeaders: message.allowHeaders ?? '',
    exposeHeaders: message.exposeHeaders ?? '',
    maxAge: message.maxAge ?? '',
    allowCredentials: message.allowCredentials,
    allowPrivateNetwork: message.allowPrivateNetworkAccess,
    forwardNotMatching: message.forwardNotMatchingPreflights,
    enabled: readChance(message.filterEnabled, 1),
    shadow: readChance(message.shadowEnabled, 0),
  };
}

function readChance(message: Message | undefined, fallback: number): Chance {
  return {
    key: message?.runtimeKey ?? '',
    chance: message === undefined ? fallback : fraction(message.defaultValue),
  };
}
