import { fold } from '../../core/irc/casemap.ts';
import { type Isupport, isChannelName } from '../../core/irc/isupport.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { safeName } from '../../core/text/safe-name.ts';
import type { Log } from '../../ports/log.ts';
import type { Joins } from './joins.ts';

/** Channels that are remembered; whoever invites to more pushes the oldest out. */
const MAX_KEPT = 5;
/** Channels that are written down in the log in one run of the program: anybody may invite. */
const MAX_LOGGED = 100;
/** An open door is tried at once, but not more often than so. */
const AGAIN_MS = 5_000;
const MAX_CHARS = 200;

/** Invitations of the bot. Which channels it is in, the configuration says, and nobody on a network. */
export class Invitations {
  readonly #joins: Pick<Joins, 'get'>;
  readonly #log: Log;
  /** By folded name, the oldest first. */
  readonly #declined = new Map<string, { readonly channel: string; readonly note: string }>();
  #logged = 0;

  constructor(joins: Pick<Joins, 'get'>, log: Log) {
    this.#joins = joins;
    this.#log = log;
  }

  /** Sentences about channels to which the bot was invited and does not go. */
  get notes(): readonly string[] {
    // By now one may be linked.
    const open = [...this.#declined.values()].filter(({ channel }) => this.#joins.get(channel) === undefined);
    return open.map(({ note }) => note);
  }

  /** @param line `:nick!user@host INVITE bot #channel`, to our bot */
  take({ source, params }: IrcLine, isupport: Isupport, nowMs: number): void {
    const channel = params[1] ?? '';
    if (!isChannelName(channel, isupport)) return;
    const wished = this.#joins.get(channel);
    if (wished === undefined) this.#decline(channel, source?.nick ?? 'the server', isupport);
    else if (wished.state === 'barred')
      wished.retryAtMs = Math.min(wished.retryAtMs, Math.max(nowMs, wished.askedMs + AGAIN_MS));
  }

  #decline(channel: string, nick: string, { casemapping }: Isupport): void {
    const key = fold(channel.slice(0, MAX_CHARS), casemapping);
    const isNews = !this.#declined.delete(key);
    const note = `${safeName(nick, 'Somebody')} invited the bot to ${safeName(channel, 'a channel')}, which is linked to no room: it stays out. Add it to the channels of this network if it shall be.`;
    this.#declined.set(key, { channel, note });
    const [oldest] = this.#declined.keys();
    if (this.#declined.size > MAX_KEPT && oldest !== undefined) this.#declined.delete(oldest);
    if (isNews && this.#logged++ < MAX_LOGGED) this.#log.info(note);
  }
}
