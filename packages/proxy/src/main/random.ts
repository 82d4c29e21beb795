import { randomUUID } from 'node:crypto';
import type { Random } from '../http/types.ts';

/** The edge to real randomness. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};
