import type { KeyedEffect, NetworkWalls } from '../../events.ts';
import { subjectOf } from '../../identity/subject.ts';
import type { RulesOnMatrix } from '../../room/channel-rules.ts';
import { wallsInWords } from '../../room/walls.ts';
import { effectKey, type NetworkView } from './view.ts';

/** The room follows its channel: who may come in, speak, and change the topic. What changed for people is said once. */
export function walls(event: NetworkWalls, view: NetworkView): KeyedEffect[] {
  const key = effectKey(event.network, event.key);
  const rules = rulesOf(event, view);
  const door: KeyedEffect = {
    key,
    effect: {
      op: 'matrix.door',
      room: view.room,
      open: event.walls.length === 0,
      ...(rules === undefined ? {} : { rules }),
    },
  };
  const news = [aboutWalls(event, view), aboutSpeech(event, view)].filter((text) => text !== undefined);
  if (news.length === 0) return [door];
  // Somebody who changes a mode to and fro tells both once.
  const body = news.join(' ');
  return [door, { key: `${key}#told`, effect: { op: 'matrix.notice', room: view.room, body, cause: body } }];
}

function rulesOf({ rules }: NetworkWalls, { fold }: NetworkView): RulesOnMatrix | undefined {
  if (rules === undefined) return undefined;
  const { moderated, topicLocked, users, others } = rules;
  return { moderated, topicLocked, users, subjects: others.map((one) => subjectOf(one, fold)) };
}

function aboutWalls(
  { channel, walls }: NetworkWalls,
  { wallsBefore = [], doorIsKept }: NetworkView,
): string | undefined {
  if (doorIsKept === true || [...wallsBefore].sort().join() === [...walls].sort().join()) return undefined;
  if (walls.length === 0) return `${channel} is open to everybody now.`;
  return `In ${channel}, ${wallsInWords(walls)}. So nobody comes into this room but by invitation.${walls.includes('encrypted') ? ' What is said here does not reach the channel, since it would be said in clear there.' : ''}`;
}

function aboutSpeech({ channel, rules }: NetworkWalls, { wasModerated = false }: NetworkView): string | undefined {
  if (rules === undefined || rules.moderated === wasModerated) return undefined;
  return rules.moderated
    ? `${channel} is moderated now: only those whom its operators gave a voice there can speak.`
    : `Everybody may speak in ${channel} again.`;
}
