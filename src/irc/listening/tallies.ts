import { shownEmoji } from '../../core/convert/from-network/reaction.ts';
import type { NetworkReaction } from '../../core/events.ts';
import { UNNAMED_ORIGIN } from '../../core/identity/freeq-claim.ts';
import {
  keyFromMsgid,
  keyFromReplay,
  keyOfNamedReaction,
  keyOfReaction,
  type MessageKey,
  parseReactionKey,
} from '../../core/ids.ts';
import type { CatchUpTools } from './catch-up.ts';
import { digestOf, type Perspective } from './reading.ts';
import type { NewestPage } from './since-away.ts';

/** Each may be somebody who never was in the room: more at once wait for the next look. */
const MAX_NEW = 100;
/** Of a server that lost its reactions all are missing: that is no reason to take any away. */
const MAX_MISSING = 25;

type Named = { readonly target: MessageKey; readonly emoji: string; readonly nick: string };
type Tally = { readonly target: MessageKey; readonly named: readonly Named[] };

/**
 * Reactions that came and went, by the names beside messages. A name is all that there is, of whichever server, and whoever wrote the
 * message may have typed it: so nobody vouches for whom it names, and it counts for no account.
 */
export async function tallied(
  { log, sink }: Pick<CatchUpTools, 'log' | 'sink'>,
  page: NewestPage,
): Promise<readonly NetworkReaction[]> {
  const { channel, view, linked } = page;
  const tallies = talliesOf(page);
  const inRoom = new Set(linked);
  const added = tallies
    .filter(({ target }) => inRoom.has(target) || page.fresh.has(target))
    .flatMap((tally) => othersIn(tally, page))
    .filter(({ target, emoji, nick }) => !inRoom.has(keyOfNamedReaction(target, emoji, nick)))
    .map((named) => event(view, channel, named, false));
  const { received } = await sink.knownKeys(added.map(({ key }) => key));
  const news = added.filter(({ key }) => !received.has(key)).slice(-MAX_NEW);
  const gone = missingIn(tallies, linked);
  if (gone.length <= MAX_MISSING) return [...news, ...gone.map((named) => event(view, channel, named, true))];
  log.warn('So many reactions are missing in the history of a channel that none of them counts as taken back.', {
    channel,
    missing: gone.length,
  });
  return news;
}

function talliesOf({ spoken, view }: NewestPage): readonly Tally[] {
  return spoken.flatMap(({ line: { tags } }) => {
    const msgid = tags.get('msgid');
    const tally = view.dialect.tags.tally(tags);
    if (msgid === undefined || tally === undefined) return [];
    const target = keyFromMsgid(msgid);
    const named = tally.flatMap(({ emoji: given, nick }) => {
      const emoji = shownEmoji(given);
      return emoji === undefined ? [] : [{ target, emoji, nick }];
    });
    return [{ target, named }];
  });
}

/**
 * Without our own people. Where more of them reacted than names of theirs are known, any of the others may be one of them, and would be
 * shown a second time.
 */
function othersIn({ target, named }: Tally, { view, linked }: NewestPage): readonly Named[] {
  const isOurs = ({ nick }: Named): boolean => view.names.ownerOf(nick) !== undefined || view.names.wasEverOurs(nick);
  return named.filter((each) => {
    if (isOurs(each)) return false;
    const own = keyOfReaction(target, each.emoji);
    const known = named.filter((other) => other.emoji === each.emoji && isOurs(other));
    return linked.filter((key) => key === own).length <= known.length;
  });
}

/** Reactions in the room of people whom the list beside their message does not name. */
function missingIn(tallies: readonly Tally[], linked: readonly MessageKey[]): readonly Named[] {
  const listed = new Map(
    tallies.map(({ target, named }) => [target, new Set(named.map(({ emoji, nick }) => `${nick} ${emoji}`))]),
  );
  return linked.flatMap((key) => {
    const { target, emoji, nick } = parseReactionKey(key) ?? {};
    if (target === undefined || emoji === undefined || nick === undefined) return [];
    return listed.get(target)?.has(`${nick} ${emoji}`) === false ? [{ target, emoji, nick }] : [];
  });
}

/** Taken back now, perhaps not for the first time; given once. */
const event = (
  { network, nowMs, dialect }: Perspective,
  channel: string,
  { target, emoji, nick }: Named,
  removed: boolean,
): NetworkReaction => ({
  kind: 'reaction',
  network,
  channel,
  key: keyFromReplay(digestOf('tally', target, emoji, nick, removed ? String(nowMs) : ''), 0),
  timeMs: nowMs,
  replayed: true,
  source: { nick, account: null, origin: UNNAMED_ORIGIN },
  own: false,
  target,
  emoji,
  removed,
  tallied: [dialect.knownAs(nick) ?? []].flat().map((known) => ({ nick, ...known })),
});
