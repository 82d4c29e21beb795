import { preventEscalation } from '../authorization/escalation.ts';
import type { Admission } from '../core.ts';
import type { Attributes } from '../engine/attributes.ts';
import { enforceQuota } from '../quota/quota.ts';
import { createWebhookAdmission } from '../webhook/admission.ts';
import { limitChecks, limitDefaults } from './limit-range.ts';
import { namespaceLifecycle } from './namespace.ts';
import { defaultTolerations, priority } from './pod.ts';
import { serviceAccount } from './service-account.ts';

export type Plugin = (attributes: Attributes) => void | Promise<void>;

/** Plugins in the order in which they see an object; then webhooks. */
const mutating: readonly Plugin[] = [
  namespaceLifecycle,
  preventEscalation,
  limitDefaults,
  serviceAccount,
  priority,
  defaultTolerations,
];

/** What only refuses, after the webhooks. */
const validating: readonly Plugin[] = [limitChecks, enforceQuota];

async function runMutating(attributes: Attributes): Promise<void> {
  for (const plugin of mutating) await plugin(attributes);
}

export function createAdmission(): Admission {
  const webhooks = createWebhookAdmission(runMutating);
  return {
    async mutate(attributes) {
      await runMutating(attributes);
      await webhooks.mutate(attributes);
    },
    async validate(attributes) {
      await webhooks.validate(attributes);
      for (const plugin of validating) await plugin(attributes);
    },
  };
}
