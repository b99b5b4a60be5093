import { fail, ok, type Result } from '../../core/errors.ts';
import { type ModeChange, packModes } from '../../core/irc/modes.ts';
import type { Stance } from '../../core/room/channel-rules.ts';
import { act, type Hand } from './gestures.ts';

const LETTERS: readonly (readonly [keyof Stance, string])[] = [
  ['moderated', 'm'],
  ['topicLocked', 't'],
  ['closed', 'i'],
];

/** Sets modes of a channel in one person's name. The server decides whether that person may. */
export async function setRules(hand: Hand, stance: Stance): Promise<Result<void>> {
  const changes = LETTERS.flatMap(([what, letter]): ModeChange[] => {
    const wanted = stance[what];
    return wanted === undefined ? [] : [{ sign: wanted ? '+' : '-', letter }];
  });
  for (const params of packModes(changes, hand.link.isupport)) {
    const done = await act(hand, { command: 'MODE', params: [hand.channel, ...params] });
    if (!done.ok) return done;
  }
  return ok(undefined);
}

const ALREADY_IN = 'irc_443';
const NOBODY = 'irc_401';

/** Invites somebody in one person's name. */
export async function invite(hand: Hand, nick: string): Promise<Result<void>> {
  const done = await act(hand, { command: 'INVITE', params: [nick, hand.channel] });
  if (done.ok || done.error.code === ALREADY_IN) return ok(undefined);
  // The refusal is about the nick, and was read as one of the channel.
  const isAboutNick = done.error.code === NOBODY;
  return fail(isAboutNick ? { ...done.error, text: `Nobody on IRC is called ${nick} now.` } : done.error);
}
