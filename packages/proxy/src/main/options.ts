/** What the command line says, in Envoy's words. */
export interface CommandLine {
  configPath: string;
  configYaml: string;
  concurrency: number | undefined;
  baseId: number;
  useDynamicBaseId: boolean;
  drainTime: number;
  drainStrategy: 'gradual' | 'immediate';
  parentShutdownTime: number;
  fileFlushInterval: number;
  logLevel: string;
  logPath: string;
  logFormat: string;
  componentLogLevel: string;
  serviceNode: string;
  serviceCluster: string;
  serviceZone: string;
  mode: 'serve' | 'validate';
  version: boolean;
  help: boolean;
  restartEpoch: number;
  adminAddressPath: string;
  localAddressIpVersion: 'v4' | 'v6';
  allowUnknownFields: boolean;
  disableHotRestart: boolean;
  statsTags: string[];
  cpusetThreads: boolean;
}

const defaults = (): CommandLine => ({
  configPath: '',
  configYaml: '',
  concurrency: undefined,
  baseId: 0,
  useDynamicBaseId: false,
  drainTime: 600,
  drainStrategy: 'gradual',
  parentShutdownTime: 900,
  fileFlushInterval: 10_000,
  logLevel: 'info',
  logPath: '',
  logFormat: '[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v',
  componentLogLevel: '',
  serviceNode: '',
  serviceCluster: '',
  serviceZone: '',
  mode: 'serve',
  version: false,
  help: false,
  restartEpoch: 0,
  adminAddressPath: '',
  localAddressIpVersion: 'v4',
  allowUnknownFields: false,
  disableHotRestart: false,
  statsTags: [],
  cpusetThreads: false,
});

type Apply = (line: CommandLine, value: string, name: string) => void;

const number =
  (set: (line: CommandLine, value: number) => void): Apply =>
  (line, value, name) => {
    if (!/^\d+$/.test(value)) throw new UsageError(`${name} needs a whole number, not '${value}'`);
    set(line, Number(value));
  };

function oneOf<T extends string>(values: readonly T[], set: (line: CommandLine, value: T) => void): Apply {
  return (line, value, name) => {
    if (!values.includes(value as T))
      throw new UsageError(`${name} must be one of ${values.join(', ')}, not '${value}'`);
    set(line, value as T);
  };
}

const text = (set: (line: CommandLine, value: string) => void): Apply => set;

const levels = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'] as const;

const withValue: Readonly<Record<string, Apply>> = {
  '--config-path': text((line, value) => {
    line.configPath = value;
  }),
  '--config-yaml': text((line, value) => {
    line.configYaml = value;
  }),
  '--concurrency': number((line, value) => {
    line.concurrency = value;
  }),
  '--base-id': number((line, value) => {
    line.baseId = value;
  }),
  '--base-id-path': () => {},
  '--drain-time-s': number((line, value) => {
    line.drainTime = value;
  }),
  '--drain-strategy': oneOf(['gradual', 'immediate'], (line, value) => {
    line.drainStrategy = value;
  }),
  '--parent-shutdown-time-s': number((line, value) => {
    line.parentShutdownTime = value;
  }),
  '--file-flush-interval-msec': number((line, value) => {
    line.fileFlushInterval = value;
  }),
  '--file-flush-min-size-kb': number(() => {}),
  '--log-level': oneOf(levels, (line, value) => {
    line.logLevel = value;
  }),
  '--component-log-level': text((line, value) => {
    line.componentLogLevel = value;
  }),
  '--log-path': text((line, value) => {
    line.logPath = value;
  }),
  '--log-format': text((line, value) => {
    line.logFormat = value;
  }),
  '--service-node': text((line, value) => {
    line.serviceNode = value;
  }),
  '--service-cluster': text((line, value) => {
    line.serviceCluster = value;
  }),
  '--service-zone': text((line, value) => {
    line.serviceZone = value;
  }),
  '--mode': oneOf(['serve', 'validate'], (line, value) => {
    line.mode = value;
  }),
  '--restart-epoch': number((line, value) => {
    line.restartEpoch = value;
  }),
  '--admin-address-path': text((line, value) => {
    line.adminAddressPath = value;
  }),
  '--local-address-ip-version': oneOf(['v4', 'v6'], (line, value) => {
    line.localAddressIpVersion = value;
  }),
  '--stats-tag': text((line, value) => {
    line.statsTags.push(value);
  }),
  '--socket-path': () => {},
  '--socket-mode': () => {},
  '--disable-extensions': () => {},
};

const switches: Readonly<Record<string, (line: CommandLine) => void>> = {
  '--use-dynamic-base-id': (line) => {
    line.useDynamicBaseId = true;
  },
  '--version': (line) => {
    line.version = true;
  },
  '--help': (line) => {
    line.help = true;
  },
  '-h': (line) => {
    line.help = true;
  },
  '--allow-unknown-static-fields': (line) => {
    line.allowUnknownFields = true;
  },
  '--allow-unknown-fields': (line) => {
    line.allowUnknownFields = true;
  },
  '--reject-unknown-dynamic-fields': () => {},
  '--ignore-unknown-dynamic-fields': () => {},
  '--skip-deprecated-logs': () => {},
  '--disable-hot-restart': (line) => {
    line.disableHotRestart = true;
  },
  '--cpuset-threads': (line) => {
    line.cpusetThreads = true;
  },
  '--log-format-escaped': () => {},
  '--enable-fine-grain-logging': () => {},
  '--hot-restart-version': (line) => {
    line.version = true;
  },
  '--enable-core-dump': () => {},
};

const short: Readonly<Record<string, string>> = { '-c': '--config-path', '-l': '--log-level' };

export class UsageError extends Error {}

/** Reads Envoy's command line; throws a UsageError that names the flag. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const line = defaults();
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const given = equals > 0 ? word.slice(0, equals) : word;
    const name = short[given] ?? given;
    if (switches[name]) {
      switches[name](line);
      continue;
    }
    const apply = withValue[name];
    if (!apply) throw new UsageError(`unknown flag ${given}; --help lists the flags`);
    const value = equals > 0 ? word.slice(equals + 1) : argv[++i];
    if (value === undefined) throw new UsageError(`${given} needs a value`);
    apply(line, value, name);
  }
  return line;
}

export const flagNames = (): readonly string[] =>
  [...Object.keys(withValue), ...Object.keys(switches)].sort();
