import { type BridgeError, fail, ok, type Result } from '../core/errors.ts';
import { type DoorWays, doorWaysOf } from '../core/irc/account-masks.ts';
import { type DoorPlan, type ListEntry, planDoor, type SeenDoor } from '../core/irc/door.ts';
import type { OutgoingLine } from '../core/irc/encode.ts';
import type { IrcLine } from '../core/irc/line.ts';
import { packModes, parseModes } from '../core/irc/modes.ts';
import { isRefusal, refusalToError } from '../core/irc/numerics.ts';
import type { Log } from '../ports/log.ts';
import type { Door } from '../ports/network.ts';
import type { Session } from './session.ts';

export type DoorTools = {
  readonly session: Session;
  /** Whether somebody who set an entry is our bot, under this connection's nick or another that it had. */
  readonly isBot: (nick: string) => boolean;
  readonly log: Log;
};

/** `isFree`: nobody has registered the channel at the services, so the bot may. */
type Seen = SeenDoor & { readonly isFree: boolean };

/** Numerics of lists: of exceptions from invite-only, and of bans. */
const LISTS = { exceptions: '346', bans: '367' } as const;
const MAX_NAMED = 5;

/**
 * Reads how the door stands, writes what differs, and reads again: what a server took in silence, or left out, shows only so.
 * Nothing is remembered between two calls, so a second one corrects what people changed meanwhile, and writes nothing otherwise.
 */
export async function bringDoor(tools: DoorTools, channel: string, door: Door): Promise<Result<void>> {
  const { link } = tools.session;
  const ways = doorWaysOf(link.isupport, link.software ?? '');
  let seen = await readDoor(tools, ways, channel);
  if (!seen.ok) return seen;
  if (door.membersOnly && seen.value.isFree && link.account !== null) {
    seen = await register(tools, ways, channel);
    if (!seen.ok) return seen;
  }
  const { otherBans = () => [], ...rules } = door;
  const wanted = { ...rules, self: selfOf(tools.session, ways, seen.value) };
  const plan = planDoor({ ...wanted, otherBans: otherBans() }, seen.value, ways, link.isupport);
  const lines = linesOf(plan, channel, tools.session);
  if (lines.length === 0) return verdict(channel, plan, undefined);
  const written = await tools.session.errands.run(lines);
  if (!written.ok) return written;
  const after = await readDoor(tools, ways, channel);
  if (!after.ok) return after;
  const rest = planDoor({ ...wanted, otherBans: otherBans() }, after.value, ways, link.isupport);
  return verdict(channel, rest, refusalIn(written.value, channel));
}

/** A channel that nobody registered keeps nothing on Ergo: whoever comes first after a restart is its operator. */
async function register(tools: DoorTools, ways: DoorWays, channel: string): Promise<Result<Seen>> {
  const { errands } = tools.session;
  const asked = await errands.run([{ command: 'CS', params: ['REGISTER', channel] }]);
  if (!asked.ok) return asked;
  const again = await readDoor(tools, ways, channel);
  if (again.ok && again.value.access !== undefined)
    tools.log.info('The bot registered a channel to its account, to keep its door.', { channel });
  return again;
}

async function readDoor({ session, isBot }: DoorTools, ways: DoorWays, channel: string): Promise<Result<Seen>> {
  const { errands, link } = session;
  const { inviteExceptions } = link.isupport;
  const questions: OutgoingLine[] = [{ command: 'MODE', params: [channel] }];
  if (ways.ban !== undefined) questions.push({ command: 'MODE', params: [channel, '+b'] });
  if (inviteExceptions !== undefined) questions.push({ command: 'MODE', params: [channel, `+${inviteExceptions}`] });
  if (ways.access) questions.push({ command: 'CS', params: ['AMODE', channel] });
  const heard = await errands.run(questions);
  if (!heard.ok) return heard;
  const concerns = ({ params }: IrcLine): boolean => params[1] !== undefined && link.same(params[1], channel);
  const list = (numeric: string): readonly ListEntry[] =>
    heard.value
      .filter((line) => line.command === numeric && concerns(line))
      .flatMap(({ params: [, , mask, setter = ''] }) =>
        mask === undefined ? [] : [{ mask, ours: isBot(setter.split('!')[0] ?? '') }],
      );
  const modes = heard.value.find((line) => line.command === '324' && concerns(line));
  if (modes === undefined) return fail(refusalIn(heard.value, channel) ?? unread(channel));
  const { changes } = parseModes(modes.params.slice(2), link.isupport);
  const answers = ways.access ? servicesIn(heard.value) : [];
  return ok({
    closed: changes.some(({ letter }) => letter === 'i'),
    bans: list(LISTS.bans),
    exceptions: list(LISTS.exceptions),
    access: readAccess(answers),
    isFree: answers.some((text) => /is not registered$/i.test(text)),
  });
}

/** What Ergo's ChanServ said. */
const servicesIn = (heard: readonly IrcLine[]): readonly string[] =>
  heard
    .filter(({ command, source }) => command === 'NOTICE' && source?.raw === CHANSERV)
    .map(({ params }) => params[1] ?? '');

/** `Account alice receives mode +v`. Undefined where the channel is not registered, or not to us. */
function readAccess(answers: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (!answers.some((text) => /persistent modes? set$/.test(text))) return undefined;
  return new Map(
    answers.flatMap((text) => {
      const match = /^Account (\S+) receives mode \+([A-Za-z])$/.exec(text);
      return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
    }),
  );
}

/** Nobody but the server itself can speak under this address on Ergo. */
const CHANSERV = 'ChanServ!ChanServ@localhost';

/** How the bot itself is let in again. Where services keep the list it stands there, as the founder. */
function selfOf({ link }: Session, ways: DoorWays, seen: Seen): string | undefined {
  if (seen.access !== undefined || link.isupport.inviteExceptions === undefined) return undefined;
  if (link.account !== null && ways.exception !== undefined) return ways.exception(link.account);
  return link.user === undefined || link.host === undefined ? undefined : `${link.nick}*!${link.user}@${link.host}`;
}

function linesOf(plan: DoorPlan, channel: string, { link }: Session): readonly OutgoingLine[] {
  const access = plan.access.map(
    ({ sign, letter, account }): OutgoingLine => ({
      command: 'CS',
      params: ['AMODE', channel, `${sign}${letter}`, account],
    }),
  );
  const modes = packModes(plan.modes, link.isupport).map(
    (params): OutgoingLine => ({ command: 'MODE', params: [channel, ...params] }),
  );
  // Who is taken out comes first, who is let in last.
  const isRemoval = (line: OutgoingLine): boolean => line.params[2]?.startsWith('-') === true;
  return [...access.filter(isRemoval), ...modes, ...access.filter((line) => !isRemoval(line))];
}

function refusalIn(heard: readonly IrcLine[], channel: string): BridgeError | undefined {
  const refused = heard.find(({ command }) => isRefusal(command));
  if (refused === undefined) return undefined;
  const { command, params } = refused;
  return refusalToError({ code: command, command: 'MODE', target: channel, reason: params.at(-1) ?? '' });
}

/** @param rest what is still to do after it was done */
function verdict(channel: string, rest: DoorPlan, refusal: BridgeError | undefined): Result<void> {
  const undone = [
    ...rest.access.map(({ account }) => account),
    ...rest.modes.map(({ sign, letter, param }) => param ?? `${sign}${letter}`),
  ];
  const left = rest.leftOut.map(({ account, why }) => `${account.slice(0, 40)} (${WHY[why]})`);
  if (undone.length === 0 && left.length === 0) return ok(undefined);
  const named = [...left, ...undone.map((one) => `${one.slice(0, 80)} (the server did not take it)`)];
  const more = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : '';
  const why = refusal === undefined ? '' : ` ${refusal.text}`;
  return fail({
    code: 'irc_door_incomplete',
    text: `The door of ${channel} on IRC is not as it should be; not done: ${named.slice(0, MAX_NAMED).join(', ')}${more}.${why}`,
    retry: 'later',
    notify: 'log',
  });
}

const WHY: Readonly<Record<DoorPlan['leftOut'][number]['why'], string>> = {
  full: 'the list of the channel is full',
  name: 'no name of an account',
  'no-way': 'this server cannot name accounts; invite or kick people instead',
};

const unread = (channel: string): BridgeError => ({
  code: 'irc_door_unread',
  text: `The IRC server did not say how the door of ${channel} stands; the bridge asks again.`,
  retry: 'later',
  notify: 'log',
});
