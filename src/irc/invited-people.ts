import type { NetworkEvent, NetworkSource } from '../core/events.ts';
import { keyFromLine, type NetworkId } from '../core/ids.ts';
import { isChannelName } from '../core/irc/isupport.ts';
import type { IrcLine } from '../core/irc/line.ts';
import { safeName } from '../core/text/safe-name.ts';
import type { Listener } from './listening/listener.ts';
import { isOperator } from './listening/ranks.ts';
import { makeEpoch } from './wire/link.ts';

/** The same person is invited into the same channel so rarely: anybody may invite, as often as they like. */
const QUIET_MS = 600_000;
/** Invitations of one person in that time, by people without power: they must not use up those of others. */
const MAX_PER_PERSON = 10;
const MAX_REMEMBERED = 5_000;

export type InvitedPeopleTools = {
  readonly network: NetworkId;
  readonly listener: Pick<Listener, 'joins' | 'session' | 'walls' | 'names'>;
  readonly nowMs: () => number;
};

/** What becomes of invitations of our people: into a linked channel they are told as such, else the person hears of it in private. */
export class InvitedPeople {
  readonly #tools: InvitedPeopleTools;
  readonly #epoch = makeEpoch();
  /** When, by person and channel; the oldest first. */
  readonly #told = new Map<string, number>();
  #count = 0;

  constructor(tools: InvitedPeopleTools) {
    this.#tools = tools;
  }

  /** @param line `:nick!user@host INVITE puppet #channel`, to one of ours @param source who the server says it is */
  read({ params }: IrcLine, source: NetworkSource, userId: string): NetworkEvent | undefined {
    const { network, listener, nowMs } = this.#tools;
    const { session, joins, names } = listener;
    const channel = params[1] ?? '';
    if (session === undefined || !isChannelName(channel, session.link.isupport)) return undefined;
    const wished = joins.get(channel);
    const byPower = wished !== undefined && this.#hasPower(channel, source);
    if (!this.#isNews(userId, names.fold(channel), byPower)) return undefined;
    const key = keyFromLine(`${this.#epoch}-invited`, ++this.#count);
    const base = { network, key, timeMs: nowMs(), replayed: false, source, own: false } as const;
    if (wished !== undefined) return { ...base, kind: 'invite', channel: wished.channel, userId, byPower };
    const named = safeName(channel, 'a channel');
    return {
      ...base,
      kind: 'message',
      channel: source.nick,
      style: 'action',
      lines: [`invites you to ${named}, which is linked to no room here. An admin can add it to the configuration.`],
      privatelyTo: userId,
    };
  }

  /** Where only the invited come in, the server has seen to who may invite; elsewhere it takes an operator to open what is closed. */
  #hasPower(channel: string, { nick, origin }: NetworkSource): boolean {
    const { session, walls } = this.#tools.listener;
    if (session === undefined) return false;
    const isOp = origin === undefined && isOperator(session.ranks.of(channel, nick), session.link.isupport);
    return isOp || walls.of(channel)?.includes('invited') === true;
  }

  #isNews(userId: string, channel: string, byPower: boolean): boolean {
    const nowMs = this.#tools.nowMs();
    for (const [key, atMs] of this.#told) {
      if (nowMs - atMs < QUIET_MS && this.#told.size < MAX_REMEMBERED) break;
      this.#told.delete(key);
    }
    const by = (power: boolean): string => `${userId} ${power ? 'power' : 'anybody'} `;
    const key = by(byPower) + channel;
    if (this.#told.has(key)) return false;
    const theirs = [...this.#told.keys()].filter((each) => each.startsWith(by(false))).length;
    if (!byPower && theirs >= MAX_PER_PERSON) return false;
    this.#told.set(key, nowMs);
    return true;
  }
}
