import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';

/** An image that the user has added: a name, and the command that stands for it. */
export interface UserImage {
  /** With or without registry and tag; without, it fits every tag. */
  readonly name: string;
  readonly command: readonly string[];
  /** Seen read-only by the container at the same path, and its working directory. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The user's additions, in the order in which they were made. Throws when the file cannot be understood. */
export function listImages(file: string): UserImage[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const images: unknown = parse(text)?.images ?? [];
  if (!Array.isArray(images) || !images.every(isUserImage)) {
    throw new Error(`${file}: every entry of "images" needs a name and a command, which is a list of words`);
  }
  return images;
}

/** Adds an image, or replaces the one of the same name. */
export function addImage(file: string, image: UserImage): void {
  if (!/^[\w][\w.\-/:@]*$/.test(image.name)) {
    throw new Error(`"${image.name}" is no image name; write for example myteam/reviews:dev`);
  }
  if (image.command.length === 0) {
    throw new Error(`no command for ${image.name}: lateen image add ${image.name} -- COMMAND [ARGUMENT…]`);
  }
  store(file, [...listImages(file).filter(({ name }) => name !== image.name), image]);
}

/** False when there was no image of this name. */
export function removeImage(file: string, name: string): boolean {
  const images = listImages(file);
  const kept = images.filter((image) => image.name !== name);
  if (kept.length < images.length) store(file, kept);
  return kept.length < images.length;
}

function store(file: string, images: readonly UserImage[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, stringify({ images }));
  renameSync(`${file}.new`, file);
}

function isUserImage(value: any): value is UserImage {
  const { name, command } = value ?? {};
  return (
    typeof name === 'string' && Array.isArray(command) && command.every((word) => typeof word === 'string')
  );
}
