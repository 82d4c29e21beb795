import { HostLink } from '../host-link.ts';

/** Asks the host that started it for what its arguments say, and tells it the outcome: `dial HOST PORT` or `resolve NAME`. */
const link = new HostLink();
const [verb, target = '', port] = process.argv.slice(2);
const outcome =
  verb === 'dial' ? link.dial(target, Number(port)).then(() => 'connected') : link.resolve(target);
const result = await outcome.catch((error: Error) => error.message);
process.send!({ type: 'outcome', result }, undefined, undefined, () => process.disconnect());
