import { linesOf } from './lines.ts';
import type { MatrixConverter } from './view.ts';

const GONE: ReadonlySet<unknown> = new Set(['leave', 'ban']);

export const membership: MatrixConverter = (event, { network, channel }) => {
  const { membership: now, reason } = event.content;
  const userId = event.state_key;
  if (userId === undefined || !GONE.has(now)) return [];
  const why = typeof reason === 'string' && reason !== '' ? linesOf(reason).join(' ').slice(0, 200) : undefined;
  const byOther = event.sender === userId ? '' : now === 'ban' ? 'banned on Matrix' : 'removed on Matrix';
  const text = [byOther, why].filter((part) => part !== undefined && part !== '').join(': ');
  return [{ key: event.event_id, effect: { op: 'network.part', network, channel, userId, reason: text } }];
};
