import { createHash } from 'node:crypto';

/** A stable identity for what runs, in the shape that tools expect: `NAME@sha256:…`. */
export function imageIdOf(image: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  return `${name}@sha256:${createHash('sha256').update(image).digest('hex')}`;
}
