/** What a person does on IRC beside saying lines: reacting, and taking something back. Source: IRCv3 reply, react, message-redaction. */
import type { PuppetsConfig } from '../../config/schema-network.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { NetworkMedia } from '../../core/events.ts';
import { type MessageKey, msgidOf } from '../../core/ids.ts';
import { cutToBytes } from '../../core/irc/cut.ts';
import { sanitizeText, type OutgoingLine as WireLine } from '../../core/irc/encode.ts';
import { clientTagPasses } from '../../core/irc/isupport.ts';
import type { NetworkPowers, OutgoingReaction } from '../../ports/network.ts';
import type { Puppet } from '../puppets/puppet.ts';
import type { Link } from '../wire/link.ts';
import { takesMultiline } from './multiline.ts';
import type { Outgoing } from './outgoing.ts';

const REDACTION = 'draft/message-redaction';
const MAX_REASON_BYTES = 200;
/** Both spellings are in use: the first was ratified in 2026. */
const REPLY_TAGS = ['+reply', '+draft/reply'] as const;
const REACT_TAGS = ['+draft/react', '+react'] as const;
const TYPING_TAGS = ['+typing', '+draft/typing'] as const;
const UNREACT_TAGS = ['+draft/unreact', '+unreact'] as const;

/** How a kind of IRC takes what is done beside saying lines. */
export type GestureMaker = {
  /** What its channels carry for sure. */
  readonly powers: NetworkPowers;
  /** Whether a server without labels refuses typing in no way that could be taken for the refusal of a line. */
  readonly typesUnlabelled: boolean;
  /** Undefined where the server would drop it. */
  readonly react: (link: Link, reaction: WireReaction) => WireLine | undefined;
  readonly redact: (link: Link, redaction: WireRedaction) => WireLine | undefined;
  /** Pins a message, or takes it from the pins. */
  readonly pin?: (pin: { readonly channel: string; readonly msgid: string; readonly pinned: boolean }) => WireLine;
  /** Tags that make a line the new text of a message. */
  readonly edit: (link: Link, edit: WireEdit) => ReadonlyMap<string, string>;
  /** Whether it takes what changes a message, or reacts to one, between two people as well. */
  readonly changesInPrivate: (link: Link) => boolean;
  /** Tags that say what file a line is about. */
  readonly media?: (media: NetworkMedia) => ReadonlyMap<string, string>;
  /** Tags by which others can check who says a line. */
  readonly sign?: (link: Link, line: WireSpeech) => ReadonlyMap<string, string>;
};

type WireReaction = Omit<OutgoingReaction, 'target'> & { readonly channel: string; readonly msgid: string };
type WireRedaction = { readonly channel: string; readonly msgid: string; readonly reason: string };
export type WireSpeech = {
  readonly channel: string;
  /** As it goes out, lines parted by line feeds. */
  readonly body: string;
  /** Id of the line itself, where we give ids. */
  readonly eventId: string | undefined;
  /** Tags that it has besides. */
  readonly tags: ReadonlyMap<string, string>;
};
/** `msgid`: of the message that it replaces. */
type WireEdit = WireSpeech & { readonly msgid: string };

export const CLASSIC_GESTURES: GestureMaker = {
  powers: {},
  typesUnlabelled: false,
  react: (link, { channel, msgid, emoji, removed }) => {
    const [tag] = passing(link, removed ? UNREACT_TAGS : REACT_TAGS);
    const replies = passing(link, REPLY_TAGS);
    if (tag === undefined || replies.length === 0) return undefined;
    const tags = new Map([...replies.map((reply) => [reply, msgid] as const), [tag, emoji] as const]);
    return { tags, command: 'TAGMSG', params: [channel] };
  },
  redact: (link, { channel, msgid, reason }) =>
    link.hasCap(REDACTION)
      ? { command: 'REDACT', params: [channel, msgid, ...(reason === '' ? [] : [reason])] }
      : undefined,
  edit: () => new Map(),
  changesInPrivate: () => true,
};

/** What lines over this connection may carry. Without one nobody can say. */
export function powersOf(link: Link | undefined, mode: PuppetsConfig['mode']): NetworkPowers | undefined {
  if (link === undefined) return undefined;
  const replies = passing(link, REPLY_TAGS).length > 0;
  const multiline = mode === 'each' ? takesMultiline(link) : undefined;
  return {
    replies,
    reactions: replies && passing(link, REACT_TAGS).length > 0,
    deletions: link.hasCap(REDACTION),
    ...(multiline !== undefined && { multiline }),
    ...link.dialect.gestures.powers,
  };
}

/** The tags that say what a line answers; none where the server drops them, or the message has no msgid. */
export function replyTags(link: Link, target: MessageKey | undefined): ReadonlyMap<string, string> {
  const msgid = target === undefined ? undefined : msgidOf(target);
  return new Map(msgid === undefined ? [] : passing(link, REPLY_TAGS).map((tag) => [tag, msgid]));
}

const passing = (link: Link, tags: readonly string[]): readonly string[] =>
  link.hasCap('message-tags') ? tags.filter((tag) => clientTagPasses(tag, link.isupport)) : [];

/** A connection by which somebody acts in a channel. */
export type Hand = {
  readonly link: Link;
  readonly outgoing: Outgoing;
  readonly userId: string;
  readonly channel: string;
};

/** Nothing where the server drops the tags, or the message has no msgid. */
export async function react(hand: Hand, { target, emoji, removed }: OutgoingReaction): Promise<Result<void>> {
  const { link, channel } = hand;
  const msgid = msgidOf(target);
  const wire = msgid && link.dialect.gestures.react(link, { channel, msgid, emoji, removed });
  return wire ? act(hand, wire) : ok(undefined);
}

/** Success also where the server does not know the message any more. Nothing where it knows no redaction. */
export async function redact(hand: Hand, target: MessageKey, reason: string): Promise<Result<void>> {
  const { link, channel } = hand;
  const msgid = msgidOf(target);
  const why = cutToBytes(sanitizeText(reason), MAX_REASON_BYTES);
  const wire = msgid && link.dialect.gestures.redact(link, { channel, msgid, reason: why });
  const done = wire ? await act(hand, wire) : ok(undefined);
  return !done.ok && GONE.has(done.error.code) ? ok(undefined) : done;
}

/** Nothing where the network knows no pins. */
export async function pin(hand: Hand, target: MessageKey, pinned: boolean): Promise<Result<void>> {
  const msgid = msgidOf(target);
  const wire = msgid && hand.link.dialect.gestures.pin?.({ channel: hand.channel, msgid, pinned });
  return wire ? act(hand, wire) : ok(undefined);
}

const GONE: ReadonlySet<string> = new Set(['irc_fail_unknown_msgid', 'irc_fail_message_not_found']);

/**
 * Nobody waits for it, and nothing that is said waits behind it. A refusal is nobody's business: the label keeps it from being taken for that
 * of a line.
 */
export function showTyping(puppet: Puppet | undefined, channel: string, active: boolean): void {
  if (puppet?.isIn(channel) !== true || !puppet.outgoing.idle) return;
  const { link } = puppet;
  const [tag] = passing(link, TYPING_TAGS);
  const label = link.label();
  if (tag === undefined || (label === undefined && !link.dialect.gestures.typesUnlabelled)) return;
  const tags = new Map(label === undefined ? [] : [['label', label]]);
  tags.set(tag, active ? 'active' : 'done');
  link.send({ tags, command: 'TAGMSG', params: [channel] });
}

let gestures = 0;

/** Done when the server has answered. It may be done twice: what nobody knows is tried again. */
export async function act({ link, outgoing, userId, channel }: Hand, wire: WireLine): Promise<Result<void>> {
  const id = `gesture-${++gestures}`;
  const utterance = { part: 0, id, text: '', wire, channel, body: '', nick: link.nick, isGesture: true };
  const done = await outgoing.say(id, userId, [utterance]).confirmed;
  return done.ok ? ok(undefined) : fail(again(done.error));
}

const again = (error: BridgeError): BridgeError => (error.retry === 'lookup' ? { ...error, retry: 'later' } : error);
