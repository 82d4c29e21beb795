import { applyPatch } from '../../schema/index.ts';
import type { Admission } from '../core.ts';
import type { Attributes } from '../engine/attributes.ts';
import { storedToWork, wireToWork, workToStored, workToWire } from '../engine/scope.ts';
import { ApiError, badRequest, internal } from '../errors.ts';
import { callWebhook, WebhookFailure } from './call.ts';
import { conditionsHold } from './conditions.ts';
import { type Answer, makeReview, readAnswer } from './review.ts';
import { type Match, matches, type Webhook, webhooksOf } from './select.ts';

/** Resources that no webhook sees, so that a broken one can always be repaired. */
const exempt: ReadonlySet<string> = new Set([
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'validatingadmissionpolicybindings.admissionregistration.k8s.io',
]);

/** Asks the webhooks. `again` runs the built-in plugins once more on what webhooks changed. */
export function createWebhookAdmission(again: (attributes: Attributes) => Promise<void>): Admission {
  return {
    async mutate(attributes) {
      if (exempt.has(attributes.served.resource.storage)) return;
      const hooks = webhooksOf(attributes, 'mutatingwebhookconfigurations');
      if (hooks.length === 0) return;
      const changed = await mutateAll(hooks, attributes);
      if (changed.size === 0) return;
      await again(attributes);
      // Whoever asked for it sees what others changed after it.
      const last = [...changed].at(-1)!;
      const repeat = hooks.filter((hook) => hook.reinvocationPolicy === 'IfNeeded' && hook !== last);
      await mutateAll(repeat, attributes);
    },
    async validate(attributes) {
      if (exempt.has(attributes.served.resource.storage)) return;
      const hooks = webhooksOf(attributes, 'validatingwebhookconfigurations');
      await Promise.all(hooks.map((hook) => validateOne(hook, attributes)));
    },
  };
}

/** Calls them in turn; returns those that changed the object. */
async function mutateAll(hooks: readonly Webhook[], attributes: Attributes): Promise<Set<Webhook>> {
  const changed = new Set<Webhook>();
  for (const hook of hooks) {
    const match = matches(hook, attributes);
    if (!match) continue;
    const answer = await ask(hook, match, attributes);
    if (answer?.patch === undefined || !attributes.object) continue;
    const before = JSON.stringify(attributes.object);
    attributes.object = patched(hook, match, attributes, answer.patch);
    if (JSON.stringify(attributes.object) !== before) changed.add(hook);
  }
  return changed;
}

async function validateOne(hook: Webhook, attributes: Attributes): Promise<void> {
  const match = matches(hook, attributes);
  if (match) await ask(hook, match, attributes);
}

async function ask(hook: Webhook, match: Match, attributes: Attributes): Promise<Answer | undefined> {
  try {
    const { uid, review } = makeReview(hook, match, attributes);
    if (hook.matchConditions?.length && !conditionsHold(hook.matchConditions, review.request))
      return undefined;
    if (attributes.dryRun && !['None', 'NoneOnDryRun'].includes(hook.sideEffects ?? '')) {
      throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
    }
    const answer = readAnswer(hook, uid, await callWebhook(attributes.core, hook, review));
    attributes.warnings.push(...answer.warnings);
    return answer;
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    const text = `failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`;
    attributes.core.log.warn(text, { policy: hook.failurePolicy ?? 'Fail' });
    if (hook.failurePolicy === 'Ignore') return undefined;
    throw internal(text);
  }
}

function patched(hook: Webhook, match: Match, attributes: Attributes, patch: string) {
  const { served, kind, core } = attributes;
  const same = match.group === served.group && match.version === served.version;
  const other = same ? served : core.registry.find(match.group, match.version, served.resource.plural)!;
  const live = same
    ? workToWire(served, attributes.object!)
    : storedToWork(other, workToStored(served, attributes.object!));
  const patchKind = other.retired ? kind : core.kinds.of(other);
  const outcome = applyPatch({ kind: patchKind, live, type: 'json', body: patch, fieldValidation: 'Ignore' });
  if (outcome.error) {
    const text = `failed calling webhook ${JSON.stringify(hook.name)}: ${outcome.error.message}`;
    throw new ApiError(500, 'InternalError', `Internal error occurred: ${text}`);
  }
  const object = outcome.object!;
  const work = same ? wireToWork(served, object) : storedToWork(served, workToStored(other, object));
  return kind.applyDefaults(work);
}
