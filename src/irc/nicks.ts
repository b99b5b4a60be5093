import type { GhostSubject } from '../core/ids.ts';
import type { Nicks } from '../ports/network.ts';
import type { OwnNames } from './identity.ts';
import type { Roster } from './roster.ts';

export type NickSources = {
  readonly names: OwnNames;
  /** Of the listener's connection, while it has one. */
  readonly roster: () => Roster | undefined;
  /** Of a person's own connection, while it is there. */
  readonly ownNick: (userId: string) => string | undefined;
};

/** Who is called what in the channels of a network, from what the listener and the connections see. */
export class ChannelNicks implements Nicks {
  readonly #sources: NickSources;

  constructor(sources: NickSources) {
    this.#sources = sources;
  }

  ownerOf(nick: string): string | undefined {
    return this.#sources.names.ownerOf(nick)?.userId;
  }

  isTaken(channel: string, nick: string): boolean {
    const { names, roster } = this.#sources;
    return names.ownerOf(nick) !== undefined || roster()?.member(channel, nick) !== undefined;
  }

  nickOf(channel: string, who: string | GhostSubject): string | undefined {
    const { names, roster, ownNick } = this.#sources;
    if (typeof who === 'string') return ownNick(who);
    if (who.kind === 'nick') return roster()?.member(channel, who.name)?.nick;
    const isTheirs = (account: string | null): boolean => account !== null && names.fold(account) === who.name;
    return roster()
      ?.members(channel)
      .find(({ account }) => isTheirs(account))?.nick;
  }
}
