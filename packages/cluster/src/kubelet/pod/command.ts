import type { ResolvedImage } from '../../images/index.ts';
import { expandVariables } from './expand.ts';

/** What a container runs: its own command and arguments over the image's, with variables filled in. */
export function containerCommand(
  container: { command?: string[]; args?: string[] },
  image: Pick<ResolvedImage, 'entrypoint' | 'cmd'>,
  variables: Readonly<Record<string, string>>,
): string[] {
  const expand = (words: readonly string[]) => words.map((word) => expandVariables(word, variables));
  const { command, args } = container;
  if (command?.length) return [...expand(command), ...expand(args ?? [])];
  return [...image.entrypoint, ...(args?.length ? expand(args) : image.cmd)];
}
