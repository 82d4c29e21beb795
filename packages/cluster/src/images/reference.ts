/** The parts of an image's name below its registry, without tag and digest: `docker.io/istio/pilot:1.2` → istio, pilot. */
export function repositoryParts(image: string): string[] {
  const withoutDigest = image.split('@')[0]!;
  const slash = withoutDigest.lastIndexOf('/');
  const colon = withoutDigest.lastIndexOf(':');
  const name = colon > slash ? withoutDigest.slice(0, colon) : withoutDigest;
  const parts = name.split('/');
  const [first] = parts;
  const hasRegistry = parts.length > 1 && (/[.:]/.test(first!) || first === 'localhost');
  return hasRegistry ? parts.slice(1) : parts;
}

/** Whether a catalogue's pattern fits an image's name; see catalogue.yaml. */
export function fits(pattern: string, image: string): boolean {
  const wanted = pattern.split('/');
  const given = repositoryParts(image).slice(-wanted.length);
  return given.length === wanted.length && wanted.every((part, index) => fitsPart(part, given[index]!));
}

function fitsPart(pattern: string, part: string): boolean {
  if (!pattern.includes('*')) return pattern === part;
  const pieces = pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`).test(part);
}

/** The name as a container's status shows it: with registry, owner and tag. */
export function fullName(image: string): string {
  const [name, digest] = image.split('@') as [string, string | undefined];
  const parts = name.split('/');
  const hasRegistry = parts.length > 1 && (/[.:]/.test(parts[0]!) || parts[0] === 'localhost');
  const located = hasRegistry ? name : `docker.io/${parts.length === 1 ? 'library/' : ''}${name}`;
  const hasTag = located.lastIndexOf(':') > located.lastIndexOf('/');
  return `${hasTag || digest ? located : `${located}:latest`}${digest ? `@${digest}` : ''}`;
}
