/** What a part gets when it is started as a process of its own. */
export interface MainInput {
  readonly argv: readonly string[];
  readonly projectRoot: string;
}

export type Main = (input: MainInput) => Promise<void>;

/** The parts that run as processes, by the verb that starts them. Each is loaded only when it is asked for. */
export const mains: Readonly<Record<string, Main>> = {
  proxy: async ({ argv }) => (await import('./proxy.ts')).main(argv),
  'pilot-agent': async ({ argv }) => (await import('./pilot-agent.ts')).main(argv),
  'pilot-discovery': async ({ argv }) => (await import('./pilot-discovery.ts')).main(argv),
  'control-plane': async ({ argv }) => (await import('./pilot-discovery.ts')).main(argv),
  daemon: async (input) => (await import('./daemon.ts')).main(input),
  'api-server': async (input) => (await import('./api-server.ts')).main(input),
  node: async (input) => (await import('./node.ts')).main(input),
};
