import { formatProblem, type Problem } from '@lateen/kit';
import type { Update } from '@lateen/xds/ads/client';
import { validate } from '@lateen/xds/codec';
import { readCluster } from '../cluster.ts';
import type { DynamicTarget } from './target.ts';

interface Refusal {
  readonly name: string;
  readonly problems: readonly Problem[];
}

/** Applies what is good of a CDS update; the answer names what was refused. */
export function applyClusters({ clusters }: DynamicTarget, update: Update): string | undefined {
  const refused: Refusal[] = [];
  for (const { name, version, message } of update.resources) {
    const read = readCluster(message);
    const problems = [...validate(message), ...read.problems];
    if (read.value && problems.length === 0) {
      if (clusters.isStatic(name)) continue;
      clusters.set(read.value, version, true);
    } else refused.push({ name, problems });
  }
  for (const name of update.removed) if (!clusters.isStatic(name)) clusters.remove(name);
  return refusal('Error adding/updating cluster(s) ', refused);
}

/** Applies what is good of an LDS update; the answer names what was refused. */
export function applyListeners({ listeners }: DynamicTarget, update: Update): string | undefined {
  const refused: Refusal[] = [];
  for (const name of update.removed) listeners.remove(name);
  for (const { name, version, message } of update.resources) {
    const invalid = validate(message);
    const problems = invalid.length > 0 ? invalid : listeners.set(message, '', version, true);
    if (problems.length === 0) continue;
    refused.push({ name, problems });
    listeners.noteFailure(name, problems.map(formatProblem).join('; '), message);
  }
  return refusal('Error adding/updating listener(s) ', refused);
}

function refusal(prefix: string, refused: readonly Refusal[]): string | undefined {
  if (refused.length === 0) return undefined;
  return (
    prefix +
    refused.map(({ name, problems }) => `${name}: ${problems.map(formatProblem).join('; ')}`).join('\n')
  );
}
