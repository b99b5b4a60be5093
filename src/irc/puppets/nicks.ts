import type { Result } from '../../core/errors.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { GhostSubject } from '../../core/ids.ts';
import type { Nicks, Person, RosterEntry } from '../../ports/network.ts';
import type { OwnNames } from '../identity.ts';
import type { Roster } from '../listening/roster.ts';

export type NickSources = {
  readonly names: OwnNames;
  /** Of the listener's connection, while it has one. */
  readonly roster: () => Roster | undefined;
  /** Of a person's own connection, while it is there. */
  readonly ownNick: (userId: string) => string | undefined;
  readonly take: (person: Person) => Promise<Result<string | undefined>>;
};

/** Who is called what in the channels of a network, from what the listener and the connections see. */
export class ChannelNicks implements Nicks {
  readonly #sources: NickSources;

  constructor(sources: NickSources) {
    this.#sources = sources;
  }

  take(person: Person): Promise<Result<string | undefined>> {
    return this.#sources.take(person);
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
    const isThem = (entry: RosterEntry): boolean => {
      const subject = subjectOf(entry, (name) => names.fold(name));
      return subject.kind === who.kind && subject.name === who.name && subject.origin === who.origin;
    };
    if (who.kind === 'account') return roster()?.members(channel).find(isThem)?.nick;
    const member = roster()?.member(channel, who.name);
    return member !== undefined && member.origin === who.origin ? member.nick : undefined;
  }
}
