import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import type { Channel, ListEntry } from './state.ts';
import { isChannel, type Line } from './wire.ts';

const FLAGS = 'intmE';
const MEMBER_MODES: Readonly<Record<string, 'ops' | 'halfops' | 'voiced'>> = { o: 'ops', h: 'halfops', v: 'voiced' };
/** What `324` says, in its order. */
const REPORTED = 'ntimE';
const LISTS: Readonly<
  Record<
    string,
    { readonly list: 'bans' | 'exceptions'; readonly row: string; readonly end: string; readonly text: string }
  >
> = {
  b: { list: 'bans', row: '367', end: '368', text: 'End of channel ban list' },
  I: { list: 'exceptions', row: '346', end: '347', text: 'End of channel invite list' },
};

type Change = {
  readonly channel: Channel;
  readonly adding: boolean;
  readonly mode: string;
  readonly arg: string | undefined;
};

export function takeMode(server: FreeqServer, session: Session, { params }: Line): void {
  const [target = '', modes, arg] = params;
  if (!isChannel(target)) {
    server.numeric(session, '221', '+');
    return;
  }
  const channel = server.channel(target);
  const name = target.toLowerCase();
  if (channel === undefined || !channel.members.has(session)) {
    server.numeric(session, '442', name, "You're not on that channel");
    return;
  }
  if (modes === undefined) {
    server.numeric(
      session,
      '324',
      name,
      `+${[...REPORTED].filter((mode) => channel.record.modes.has(mode)).join('')}${channel.record.key === undefined ? '' : 'k'}`,
    );
    return;
  }
  const isOp = channel.ops.has(session);
  if (!isOp && !channel.halfops.has(session)) {
    server.numeric(session, '482', name, "You're not channel operator");
    return;
  }
  if (!isOp && /[ohmtiknE]/.test(modes)) {
    server.numeric(session, '482', name, 'Moderators can only set +v/-v');
    return;
  }
  let adding = true;
  for (const mode of modes) {
    if (mode === '+' || mode === '-') adding = mode === '+';
    else if (!setMode(server, session, { channel, adding, mode, arg })) return;
  }
}

/** Every letter takes the same argument. False where the rest is not looked at. */
function setMode(server: FreeqServer, session: Session, change: Change): boolean {
  const { mode, channel, adding } = change;
  if (mode in MEMBER_MODES) return setStatus(server, session, change);
  if (mode in LISTS) return setList(server, session, change);
  if (mode === 'k') return setKey(server, session, change);
  if (!FLAGS.includes(mode)) {
    server.numeric(session, '472', mode, 'is unknown mode char to me');
    return true;
  }
  if (adding) channel.record.modes.add(mode);
  else channel.record.modes.delete(mode);
  if (mode === 'i' && !adding) channel.invites.clear();
  announce(server, session, change);
  return true;
}

function setStatus(server: FreeqServer, session: Session, change: Change): boolean {
  const { channel, adding, mode, arg } = change;
  const set = MEMBER_MODES[mode];
  if (set === undefined) return true;
  if (arg === undefined) {
    server.numeric(session, '461', 'MODE', 'Not enough parameters');
    return false;
  }
  const there = server.session(arg);
  const local = there !== undefined && channel.members.has(there) ? there : undefined;
  const remote = [...channel.remote.values()].find(({ nick }) => nick.toLowerCase() === arg.toLowerCase());
  if (local === undefined && remote === undefined) {
    server.numeric(session, '441', arg, channel.name, "They aren't on that channel");
    return false;
  }
  if (local !== undefined && adding) channel[set].add(local);
  if (local !== undefined && !adding) channel[set].delete(local);
  if (local === undefined && remote !== undefined && mode === 'o')
    channel.remote.set(remote.nick, { ...remote, isOp: adding });
  const did = local === undefined ? remote?.did : local.did;
  if (mode === 'o' && typeof did === 'string') {
    if (adding) channel.record.didOps.add(did);
    else if (channel.record.founder !== did) channel.record.didOps.delete(did);
  }
  announce(server, session, change);
  return true;
}

function setList(server: FreeqServer, session: Session, { channel, adding, mode, arg }: Change): boolean {
  const kind = LISTS[mode];
  const mask = arg?.trim();
  if (kind === undefined || (mask === undefined && !adding) || mask === '') return false;
  if (mask === undefined) {
    for (const { mask: listed, setBy, seconds } of channel.record[kind.list])
      server.numeric(session, kind.row, channel.name, listed, setBy, String(seconds));
    server.numeric(session, kind.end, channel.name, kind.text);
    return false;
  }
  const others = channel.record[kind.list].filter((entry) => entry.mask !== mask);
  const entry: ListEntry = { mask, setBy: session.prefix, seconds: server.nowSeconds };
  channel.record[kind.list] = adding ? [...others, entry] : others;
  server.toChannel(channel, `:${session.prefix} MODE ${channel.name} ${adding ? '+' : '-'}${mode} ${mask}`);
  const type = mode === 'b' ? 'ban' : 'invite_exception';
  server.toPeers({ type, channel: channel.name, mask, setBy: session.nickOrStar, adding, origin: server.id });
  return true;
}

/** Taking a key away tells everybody what it was. */
function setKey(server: FreeqServer, session: Session, change: Change): boolean {
  const { channel, adding, arg } = change;
  if (adding && arg === undefined) {
    server.numeric(session, '461', 'MODE', 'Not enough parameters');
    return false;
  }
  const key = adding ? arg : channel.record.key;
  channel.record.key = adding ? arg : undefined;
  if (key !== undefined) announce(server, session, { ...change, arg: key });
  return true;
}

function announce(server: FreeqServer, session: Session, { channel, adding, mode, arg }: Change): void {
  const takesArg = mode === 'k' || mode in MEMBER_MODES;
  const text = `${adding ? '+' : '-'}${mode}`;
  server.toChannel(channel, `:${session.prefix} MODE ${channel.name} ${text}${takesArg ? ` ${arg}` : ''}`);
  const frameArg = takesArg ? (arg ?? null) : null;
  server.toPeers({
    type: 'mode',
    channel: channel.name,
    mode: text,
    arg: frameArg,
    setBy: session.nickOrStar,
    origin: server.id,
  });
}
