import type { KeyedEffect, MatrixEvent } from '../events.ts';
import { call, liveLocation, widget } from './from-matrix/call.ts';
import { encrypted } from './from-matrix/encrypted.ts';
import { encryption } from './from-matrix/encryption.ts';
import { invitation } from './from-matrix/invitation.ts';
import { membership } from './from-matrix/membership.ts';
import { message } from './from-matrix/message.ts';
import { pins } from './from-matrix/pins.ts';
import { pollEnd, pollStart, pollVote } from './from-matrix/poll.ts';
import { reaction } from './from-matrix/reaction.ts';
import { redaction } from './from-matrix/redaction.ts';
import { removal } from './from-matrix/removal.ts';
import { joinRules, levels } from './from-matrix/rules.ts';
import { sticker } from './from-matrix/sticker.ts';
import { topic } from './from-matrix/topic.ts';
import type { MatrixConverter, MatrixView } from './from-matrix/view.ts';

/** One converter per type of event, each in a file of its own. */
const CONVERTERS: ReadonlyMap<string, MatrixConverter> = new Map([
  ['m.room.message', message],
  ['m.sticker', sticker],
  ['m.poll.start', pollStart],
  ['org.matrix.msc3381.poll.start', pollStart],
  ['m.poll.response', pollVote],
  ['org.matrix.msc3381.poll.response', pollVote],
  ['m.poll.end', pollEnd],
  ['org.matrix.msc3381.poll.end', pollEnd],
  ['m.call.invite', call],
  ['m.call.notify', call],
  ['org.matrix.msc4075.call.notify', call],
  ['m.rtc.notification', call],
  ['org.matrix.msc4075.rtc.notification', call],
  ['im.vector.modular.widgets', widget],
  ['m.widget', widget],
  ['m.beacon_info', liveLocation],
  ['org.matrix.msc3672.beacon_info', liveLocation],
  ['m.reaction', reaction],
  ['m.room.redaction', redaction],
  ['m.room.encrypted', encrypted],
  ['m.room.encryption', encryption],
  ['m.room.topic', topic],
  ['m.room.pinned_events', pins],
  ['m.room.power_levels', levels],
  ['m.room.join_rules', joinRules],
  ['m.room.member', membership],
]);

/** Types of events of which something crosses; crossings/ has a row for each. */
export const CONVERTED_TYPES: readonly string[] = [...CONVERTERS.keys()];

/** What to do on a network about something that happened in a portal's room. Our own events lead to nothing. */
export function matrixToNetwork(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  if (event.type === 'm.room.member' && view.isOurs(event.state_key ?? ''))
    return view.isOurs(event.sender) ? [] : [...removal(event, view), ...invitation(event, view)];
  if (event.type !== 'm.room.member' && view.isOurs(event.sender)) return [];
  return CONVERTERS.get(event.type)?.(event, view) ?? [];
}
