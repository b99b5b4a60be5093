import type { NetworkDeletion, NetworkPin, NetworkReaction, NetworkSource } from '../../core/events.ts';
import { keyFromMsgid, type MessageKey } from '../../core/ids.ts';
import { isChannelName } from '../../core/irc/isupport.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { type Naming, nameLine, type Perspective, readSpeaker, whenSaid } from './reading.ts';

type Tags = ReadonlyMap<string, string>;

const REPLY = ['+reply', '+draft/reply'];
const REACT = ['+react', '+draft/react'];
const TYPING = ['+typing', '+draft/typing'];

const firstOf = (tags: Tags, names: readonly string[]): string | undefined =>
  names.map((name) => tags.get(name)).find((value) => value !== undefined && value !== '');

const nameOf = (line: IrcLine, { dialect }: Perspective, naming: Naming, timeMs: number): MessageKey =>
  nameLine(line, naming, timeMs, dialect.isFiled(line));

/** The message that a line answers. Anybody may name any message: whether it is one of the room is looked up there. */
export function repliedTo(tags: Tags): MessageKey | undefined {
  const msgid = firstOf(tags, REPLY);
  return msgid === undefined ? undefined : keyFromMsgid(msgid);
}

/** Who did something, and where. */
type Doer = ReturnType<typeof readSpeaker>;

/** A live TAGMSG that reacts, or takes a reaction back; undefined for any other. @param speaker whoever did it in a channel unless told */
export function readReaction(
  line: IrcLine,
  view: Perspective,
  naming: () => Naming,
  speaker: Doer = readSpeaker(line, view),
): NetworkReaction | undefined {
  const target = repliedTo(line.tags);
  if (speaker === undefined || target === undefined) return undefined;
  const added = firstOf(line.tags, REACT);
  const emoji = added ?? firstOf(line.tags, view.dialect.tags.unreacts);
  if (emoji === undefined) return undefined;
  const timeMs = whenSaid(line, view);
  const { channel, source, own } = speaker;
  return {
    ...{ kind: 'reaction', network: view.network, channel, key: nameOf(line, view, naming(), timeMs), timeMs },
    ...{ replayed: false, source, own, target, emoji, removed: added === undefined },
  };
}

/** A live REDACT, or a TAGMSG that deletes. That whoever sent it may is the server's to say, and it has said so by passing it on. */
export function readDeletion(
  line: IrcLine,
  view: Perspective,
  naming: () => Naming,
  speaker: Doer = readSpeaker(line, view),
): NetworkDeletion | undefined {
  const [, named, reason = ''] = line.params;
  const msgid = line.command === 'TAGMSG' ? view.dialect.tags.deletes(line.tags) : named;
  if (speaker === undefined || msgid === undefined || msgid === '') return undefined;
  const timeMs = whenSaid(line, view);
  const { channel, source, own } = speaker;
  return {
    ...{ kind: 'deletion', network: view.network, channel, key: nameOf(line, view, naming(), timeMs), timeMs },
    ...{ replayed: false, source, own, target: keyFromMsgid(msgid), reason: reason.slice(0, 1000) },
  };
}

/** A message of the channel was pinned, or is no longer. The line's address is the server's, so that who it was is their nick alone. */
export function readPin(line: IrcLine, view: Perspective, naming: () => Naming): NetworkPin | undefined {
  const pin = view.dialect.tags.pins(line);
  const [channel = ''] = line.params;
  if (pin === undefined || line.source === undefined || !isChannelName(channel, view.isupport)) return undefined;
  const timeMs = whenSaid(line, view);
  const { nick } = line.source;
  const own = view.names.ownerOf(nick) !== undefined;
  return {
    ...{ kind: 'pin', network: view.network, channel, key: nameLine(line, naming(), timeMs, false), timeMs },
    ...{ replayed: false, source: { nick }, own, target: keyFromMsgid(pin.msgid), pinned: pin.pinned },
  };
}

/** Somebody else begins or ends typing in a channel. */
export function readTyping(
  line: IrcLine,
  view: Perspective,
): { readonly channel: string; readonly source: NetworkSource; readonly active: boolean } | undefined {
  const state = firstOf(line.tags, TYPING);
  const speaker = state === undefined ? undefined : readSpeaker(line, view);
  if (speaker === undefined || speaker.own) return undefined;
  return { channel: speaker.channel, source: speaker.source, active: state === 'active' };
}
