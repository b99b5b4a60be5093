import type { KeyedEffect, NetworkGap } from '../../events.ts';
import { type NetworkView, one } from './view.ts';

export const gap = (event: NetworkGap, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.notice',
    room: view.room,
    body: `What was said in ${event.channel} between ${clockTime(event.fromMs)} and ${clockTime(event.toMs)} UTC may be missing here: the connection was away, and the server has no history of that time.`,
  });

/** `2026-11-21 14:02:11` */
const clockTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
