import { corsKind } from './cors.ts';
import { faultKind } from './fault.ts';
import type { FilterKind } from './filter.ts';
import { passiveKind } from './passive.ts';

/**
 * Every HTTP filter that there is, in the order in which a chain should have them; the router ends each chain.
 * A chain's own order is what its configuration says.
 */
export const filterKinds: readonly FilterKind[] = [
  corsKind, // preflights carry no credentials, so they come before whoever asks for some
  faultKind, // as near to the upstream as can be: what it delays has passed all else
  passiveKind, // says something about TLS, statistics or peers that has no effect here
];
