import type { Session } from '../session.ts';
import type { Naming } from './reading.ts';

/** Names the next line of a session that has no id of its own. */
export const naming = (session: Session): Naming => ({ kind: 'live', epoch: session.epoch, number: ++session.named });
