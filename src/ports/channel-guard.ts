import type { Result } from '../core/errors.ts';
import type { RosterEntry } from './network.ts';

/** Who may come into a channel. Accounts are those of the network. */
export type Door = {
  readonly membersOnly: boolean;
  /** Accounts that may come in where only members may. */
  readonly accounts: readonly string[];
  /** Accounts that are kept out, whoever may come in otherwise. */
  readonly bannedAccounts: readonly string[];
  /** Bans that the bot set for another reason, as it is when the list was read: they stay. */
  readonly otherBans?: () => readonly string[];
};

/** A channel's list of bans, as far as the bot may change it. */
export interface ChannelBans {
  /** How the server would ban somebody: by account where it can, else by nick. Undefined while the network is away. */
  maskOf(who: Pick<RosterEntry, 'nick' | 'account'>): string | undefined;
  /** @returns `there` where somebody had set it before, and it is theirs */
  add(channel: string, mask: string): Promise<Result<'set' | 'there'>>;
  /** Takes a ban away that the bot set. One that is somebody else's stays, and so does success where there is none. */
  remove(channel: string, mask: string): Promise<Result<void>>;
}

/** What the listener may do in a channel, and who is there. */
export interface ChannelGuard {
  /** Whether our bot holds op in the channel now. Changes are told by {@link NetworkSink.changed}. */
  mayAct(channel: string): boolean;
  /** Everybody of the channel who is not one of ours, once the server has said whether they have an account. */
  members(channel: string): readonly RosterEntry[];
  /** Ours are never kicked. Somebody who is not there any more counts as kicked. */
  kick(channel: string, nick: string, reason: string): Promise<Result<void>>;
  /**
   * Brings the channel's door to this state, writing only what differs. What people set themselves (bans of addresses, exceptions
   * of another form) stays.
   * @returns an error `irc_door_incomplete`, `retry: 'later'`, that names what could not be had, where all else was done
   */
  setDoor(channel: string, door: Door): Promise<Result<void>>;
  /**
   * Gives somebody present this status and takes any other; `''` takes all. Writes only what differs.
   * @param mayGive asked before something is given, not where it is there already; without leave only the rest is done
   */
  setStatus(
    channel: string,
    nick: string,
    status: '' | 'v' | 'o',
    mayGive?: () => Promise<boolean>,
  ): Promise<Result<void>>;
  /** Gives somebody present voice, or takes it; any other status stays. Writes only what differs. */
  setVoice(channel: string, nick: string, has: boolean): Promise<Result<void>>;
  /** Lets somebody in once. Who is in already counts as invited. */
  invite(channel: string, nick: string): Promise<Result<void>>;
  /** Present where single bans can be set and taken away. */
  readonly bans?: ChannelBans;
}
