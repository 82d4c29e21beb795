import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { fits } from './reference.ts';
import { listImages } from './user-images.ts';

/** What a container runs when its image has this name. */
export interface ResolvedImage {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Directories and files of the machine that the program needs to see, beside the project's. */
  readonly visible: readonly string[];
}

export interface Places {
  /** The project's root. */
  readonly projectRoot: string;
  /** The Node that runs Lateen. */
  readonly node: string;
  /** The user's own additions, `$LATEEN_HOME/images.yaml`; it need not exist. */
  readonly userFile: string;
}

interface Entry {
  match: string[];
  entrypoint?: string[];
  cmd?: string[];
  env?: Record<string, string>;
}

/** The program behind an image's name; the user's additions come first. Undefined when there is none. */
export function resolveImage(image: string, places: Places): ResolvedImage | undefined {
  const own = listImages(places.userFile).find((entry) => entry.name === image || fits(entry.name, image));
  if (own) {
    const visible = [...new Set([...ownFolder(own.directory), ...own.command.flatMap(seenWith)])];
    const workingDirectory = own.directory ?? '/';
    return { entrypoint: own.command, cmd: [], env: own.env ?? {}, workingDirectory, visible };
  }
  const entry = readCatalogue(places.projectRoot).find(({ match }) =>
    match.some((pattern) => fits(pattern, image)),
  );
  if (!entry) return undefined;
  const fill = (words: readonly string[] = []) => words.flatMap((word) => fillPlaces(word, places));
  return {
    entrypoint: fill(entry.entrypoint),
    cmd: fill(entry.cmd),
    env: entry.env ?? {},
    workingDirectory: '/',
    visible: [],
  };
}

/** Places that every container has for itself; to show the machine's would hide the container's. */
const ownPlaces = /^\/((tmp|home|root|opt|mnt|srv|run|etc|dev|proc|sys|usr|var)|var\/[a-z]+|run\/lock)?$/;

function ownFolder(directory: string | undefined): string[] {
  return directory && !ownPlaces.test(directory) ? [directory] : [];
}

/** What the container has to see of the machine when a command names this file: its folder, for what lies beside it. */
function seenWith(word: string): string[] {
  if (!path.isAbsolute(word) || !existsSync(word)) return [];
  const file = path.normalize(word);
  const folder = statSync(file).isDirectory() ? file : path.dirname(file);
  return ownPlaces.test(folder) ? [file].filter((one) => !ownPlaces.test(one)) : [folder];
}

function readCatalogue(projectRoot: string): Entry[] {
  const file = path.join(projectRoot, 'packages/cluster/src/images/catalogue.yaml');
  return (parse(readFileSync(file, 'utf8')) as { images: Entry[] }).images;
}

function fillPlaces(word: string, { node, projectRoot }: Places): string[] {
  if (word === '{lateen}') return [node, path.join(projectRoot, 'dist/lateen.mjs')];
  return [word.replaceAll('{node}', node).replaceAll('{root}', projectRoot)];
}
