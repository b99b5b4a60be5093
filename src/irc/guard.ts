import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import { cutToBytes } from '../core/irc/cut.ts';
import { type OutgoingLine, sanitizeText } from '../core/irc/encode.ts';
import type { IrcLine } from '../core/irc/line.ts';
import { type ModeChange, packModes } from '../core/irc/modes.ts';
import { isRefusal, refusalToError } from '../core/irc/numerics.ts';
import type { Log } from '../ports/log.ts';
import type { ChannelGuard, Door, RosterEntry } from '../ports/network.ts';
import { Bans } from './channel-bans.ts';
import { bringDoor } from './door.ts';
import type { OwnNames } from './identity.ts';
import { isOperator } from './listening/ranks.ts';
import { AWAY } from './puppets/pool-errors.ts';
import type { Session } from './session.ts';
import { makeTurns } from './wire/turns.ts';

export type GuardTools = {
  readonly session: () => Session | undefined;
  readonly isJoined: (channel: string) => boolean;
  readonly names: OwnNames;
  readonly botNick: string;
  readonly log: Log;
};

/** They are not there: what was asked for them is as good as done, or cannot be. */
const GONE: ReadonlySet<string> = new Set(['401', '441']);
const ALREADY_IN = '443';
/** Kicks and invitations under way at the same time. A door has its own turn, so that nobody waits for a long list of accounts. */
const MAX_AT_ONCE = 8;

/** The bot's power in channels, over the listener's connection. */
export class Guard implements ChannelGuard {
  readonly #tools: GuardTools;
  readonly #turn = makeTurns(() => MAX_AT_ONCE);
  readonly #doorTurn = makeTurns(() => 1);
  readonly bans: Bans;

  constructor(tools: GuardTools) {
    this.#tools = tools;
    const { session } = tools;
    this.bans = new Bans({
      session,
      mayAct: (channel) => this.mayAct(channel),
      isBot: (nick) => this.#isBot(nick),
    });
  }

  mayAct(channel: string): boolean {
    const session = this.#tools.session();
    return session !== undefined && this.#tools.isJoined(channel) && holdsOp(session, channel);
  }

  members(channel: string): readonly RosterEntry[] {
    const members = this.#tools.session()?.roster.members(channel) ?? [];
    return members.filter((member) => !this.#isOwn(member));
  }

  async kick(channel: string, nick: string, reason: string): Promise<Result<void>> {
    return await this.#act(channel, async (session) => {
      const member = session.roster.member(channel, nick);
      if (this.#isOwn(member ?? { nick, account: null })) return fail(ours(nick));
      if (member === undefined) return ok(undefined);
      const text = cutToBytes(sanitizeText(reason), session.link.isupport.kickLen);
      const kicked = await order(session, { command: 'KICK', params: [channel, nick, text] }, channel);
      return kicked.ok || !GONE.has(kicked.error.code.slice('irc_'.length)) ? kicked : ok(undefined);
    });
  }

  async setDoor(channel: string, door: Door): Promise<Result<void>> {
    return await this.#doorTurn(async () => {
      const session = this.#tools.session();
      if (session === undefined) return fail(AWAY);
      if (!this.mayAct(channel)) return fail(notOp(channel));
      const { log } = this.#tools;
      return await bringDoor({ session, isBot: (nick) => this.#isBot(nick), log }, channel, door);
    });
  }

  async setStatus(
    channel: string,
    nick: string,
    status: '' | 'v' | 'o',
    mayGive?: () => Promise<boolean>,
  ): Promise<Result<void>> {
    return await this.#change(channel, nick, (session) => statusChanges(session, channel, nick, status), mayGive);
  }

  async setVoice(channel: string, nick: string, has: boolean): Promise<Result<void>> {
    return await this.#change(channel, nick, ({ ranks }) =>
      ranks.of(channel, nick).includes('v') === has ? [] : [{ sign: has ? '+' : '-', letter: 'v', param: nick }],
    );
  }

  async #change(
    channel: string,
    nick: string,
    wanted: (session: Session) => readonly ModeChange[],
    mayGive: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<Result<void>> {
    return await this.#act(channel, async (session) => {
      if (session.link.isMe(nick)) return fail(ours(nick));
      const isGift = ({ sign }: ModeChange): boolean => sign === '+';
      const who = session.roster.member(channel, nick);
      const isGiven = !wanted(session).some(isGift) || (await mayGive());
      // Whoever has the nick by now may be somebody else.
      const isSame = session.roster.member(channel, nick)?.account === who?.account;
      const changes = wanted(session).filter((change) => (isGiven && isSame) || !isGift(change));
      if (changes.length === 0) return ok(undefined);
      const [params = []] = packModes(changes, session.link.isupport);
      return await order(session, { command: 'MODE', params: [channel, ...params] }, channel);
    });
  }

  async invite(channel: string, nick: string): Promise<Result<void>> {
    return await this.#act(channel, async (session) => {
      const invited = await order(session, { command: 'INVITE', params: [nick, channel] }, channel);
      return invited.ok || invited.error.code !== `irc_${ALREADY_IN}` ? invited : ok(undefined);
    });
  }

  /** Lets a connection of our own in where a closed door keeps it out. @returns whether it may come in now */
  async admit(channel: string, nick: string): Promise<boolean> {
    const session = this.#tools.session();
    // The list of names, which says that the bot is an operator, may still be on its way.
    if (!this.mayAct(channel)) await session?.errands.run([{ command: 'PING', params: ['in-yet'] }], true);
    return (await this.invite(channel, nick)).ok;
  }

  async #act(channel: string, work: (session: Session) => Promise<Result<void>>): Promise<Result<void>> {
    return await this.#turn(async () => {
      const session = this.#tools.session();
      if (session === undefined) return fail(AWAY);
      return this.mayAct(channel) ? await work(session) : fail(notOp(channel));
    });
  }

  /** Under this connection's nick, or another that the bot had. */
  #isBot(nick: string): boolean {
    const { names, botNick, session } = this.#tools;
    return session()?.link.isMe(nick) === true || names.fold(nick).startsWith(names.fold(botNick));
  }

  #isOwn({ nick, account }: RosterEntry): boolean {
    return this.#tools.names.ownerOf(nick) !== undefined || this.#tools.names.isOwnAccount(account);
  }
}

export const holdsOp = ({ link, ranks }: Session, channel: string): boolean =>
  isOperator(ranks.of(channel, link.nick), link.isupport);

/** From the highest to the lowest: what is held above the wanted status goes, what is missing comes. */
function statusChanges(
  { link: { isupport }, ranks }: Session,
  channel: string,
  nick: string,
  status: '' | 'v' | 'o',
): readonly ModeChange[] {
  const held = ranks.of(channel, nick);
  const taken = isupport.prefixes
    .filter(({ mode }) => mode !== status && held.includes(mode))
    .map(({ mode }): ModeChange => ({ sign: '-', letter: mode, param: nick }));
  const given: ModeChange[] =
    status === '' || held.includes(status) ? [] : [{ sign: '+', letter: status, param: nick }];
  return [...taken, ...given];
}

async function order(session: Session, line: OutgoingLine, channel: string): Promise<Result<void>> {
  const heard = await session.errands.run([line], true);
  if (!heard.ok) return heard;
  const refused = heard.value.find((answer) => isRefusalOf(answer, line, session));
  if (refused === undefined) return ok(undefined);
  const { command, params } = refused;
  const target = params.length > 2 ? (params[1] ?? channel) : channel;
  return fail(refusalToError({ code: command, command: line.command, target, reason: params.at(-1) ?? '' }));
}

/** A refusal of an order names the channel or the person that it was about. */
const isRefusalOf = ({ command, params }: IrcLine, order: OutgoingLine, { link }: Session): boolean =>
  isRefusal(command, order.command) &&
  params.slice(1, 3).some((param) => order.params.some((name) => link.same(name, param)));

const notOp = (channel: string): BridgeError => ({
  code: 'irc_not_operator',
  text: `The bot is no operator of ${channel} on IRC, so it cannot keep its door. Make it one (+o).`,
  retry: 'later',
  notify: 'log',
});

const ours = (nick: string): BridgeError => ({
  code: 'irc_own_connection',
  text: `${nick} is a connection of the bridge itself; people of Matrix are removed on Matrix.`,
  retry: 'never',
  notify: 'log',
});
