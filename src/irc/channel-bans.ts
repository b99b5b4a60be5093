import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import { packModes } from '../core/irc/modes.ts';
import { isRefusal, refusalToError } from '../core/irc/numerics.ts';
import type { ChannelBans, RosterEntry } from '../ports/network.ts';
import { AWAY } from './puppets/pool-errors.ts';
import type { Session } from './session.ts';
import { maskOf } from './speaking/removal.ts';

export type ChannelBansTools = {
  readonly session: () => Session | undefined;
  readonly mayAct: (channel: string) => boolean;
  /** Whether somebody who set an entry is our bot, under this connection's nick or another that it had. */
  readonly isBot: (nick: string) => boolean;
};

/** RPL_BANLIST: channel, mask, and on most servers who set it. */
const BAN = '367';

/** Single bans in channels' lists, set and taken away over the listener's connection. Nothing is remembered: the list itself says whose a ban is. */
export class Bans implements ChannelBans {
  readonly #tools: ChannelBansTools;

  constructor(tools: ChannelBansTools) {
    this.#tools = tools;
  }

  maskOf({ nick, account }: Pick<RosterEntry, 'nick' | 'account'>): string | undefined {
    const session = this.#tools.session();
    return session === undefined ? undefined : maskOf(session.link, nick, account);
  }

  async add(channel: string, mask: string): Promise<Result<'set' | 'there'>> {
    const session = this.#ready(channel);
    if (!session.ok) return session;
    const setter = await setterOf(session.value, channel, mask);
    if (!setter.ok) return setter;
    if (setter.value !== undefined) return ok(this.#tools.isBot(setter.value) ? 'set' : 'there');
    const done = await write(session.value, channel, '+', mask);
    return done.ok ? ok('set') : done;
  }

  async remove(channel: string, mask: string): Promise<Result<void>> {
    const session = this.#ready(channel);
    if (!session.ok) return session;
    const setter = await setterOf(session.value, channel, mask);
    if (!setter.ok) return setter;
    // A server that does not say who set it leaves only that we remember having done so.
    const isOurs = setter.value !== undefined && (setter.value === '' || this.#tools.isBot(setter.value));
    return isOurs ? write(session.value, channel, '-', mask) : ok(undefined);
  }

  #ready(channel: string): Result<Session> {
    const session = this.#tools.session();
    if (session === undefined) return fail(AWAY);
    return this.#tools.mayAct(channel) ? ok(session) : fail(notOp(channel));
  }
}

/** Who set a ban; empty where the server does not say, undefined where there is none. */
async function setterOf(session: Session, channel: string, mask: string): Promise<Result<string | undefined>> {
  const { link, errands } = session;
  const heard = await errands.run([{ command: 'MODE', params: [channel, '+b'] }], true);
  if (!heard.ok) return heard;
  const entry = heard.value.find(
    ({ command, params }) => command === BAN && link.same(params[1] ?? '', channel) && link.same(params[2] ?? '', mask),
  );
  return ok(entry === undefined ? undefined : (entry.params[3]?.split('!')[0] ?? ''));
}

async function write(session: Session, channel: string, sign: '+' | '-', mask: string): Promise<Result<void>> {
  const [params = []] = packModes([{ sign, letter: 'b', param: mask }], session.link.isupport);
  const heard = await session.errands.run([{ command: 'MODE', params: [channel, ...params] }], true);
  if (!heard.ok) return heard;
  const refused = heard.value.find(
    ({ command, params: words }) =>
      isRefusal(command, 'MODE') && words.slice(1, 3).some((word) => session.link.same(word, channel)),
  );
  if (refused === undefined) return ok(undefined);
  const { command, params: words } = refused;
  return fail(refusalToError({ code: command, command: 'MODE', target: channel, reason: words.at(-1) ?? '' }));
}

const notOp = (channel: string): BridgeError => ({
  code: 'irc_not_operator',
  text: `The bot is no operator of ${channel} on IRC, so it can ban nobody there. Make it one (+o).`,
  retry: 'later',
  notify: 'log',
});
