import type { KeyedEffect, NetworkEvent } from '../events.ts';
import { deletion } from './from-network/deletion.ts';
import { gap } from './from-network/gap.ts';
import { invite } from './from-network/invite.ts';
import { kick } from './from-network/kick.ts';
import { message } from './from-network/message.ts';
import { pin } from './from-network/pin.ts';
import { quiet } from './from-network/quiet.ts';
import { reaction } from './from-network/reaction.ts';
import { topic } from './from-network/topic.ts';
import type { NetworkView } from './from-network/view.ts';
import { walls } from './from-network/walls.ts';

type Kind = NetworkEvent['kind'];
type Converter<K extends Kind> = (event: Extract<NetworkEvent, { kind: K }>, view: NetworkView) => KeyedEffect[];

/** One converter per kind, each in a file of its own. */
const CONVERTERS: { readonly [K in Kind]: Converter<K> } = {
  message,
  reaction,
  deletion,
  topic,
  kick,
  gap,
  walls,
  quiet,
  invite,
  pin,
};

/** Kinds of events of which something crosses; crossings/ has a row for each. */
export const CONVERTED_KINDS: readonly Kind[] = Object.keys(CONVERTERS) as Kind[];

/** What to do on Matrix about something that happened on a network. What we did ourselves leads to nothing. */
export function networkToMatrix<K extends Kind>(
  event: Extract<NetworkEvent, { kind: K }>,
  view: NetworkView,
): KeyedEffect[] {
  if ('own' in event && event.own) return [];
  const convert: Converter<K> = CONVERTERS[event.kind as K];
  return convert(event, view);
}
