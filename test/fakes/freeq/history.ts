import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import type { HistoryEntry } from './state.ts';
import { isChannel, type Line, type Tags, timeTag } from './wire.ts';

const DEFAULT_ROWS = 50;
const MAX_ROWS = 500;

type Replay = {
  readonly type: string;
  /** Of the batch's name. */
  readonly prefix: string;
  readonly target: string;
  readonly entries: readonly Pick<HistoryEntry, 'sender' | 'text' | 'seconds' | 'tags' | 'msgid'>[];
};

/** A batch of what was said, each message as rich as the client can take it. */
export function replay(server: FreeqServer, session: Session, { type, prefix, target, entries }: Replay): void {
  const { caps } = session;
  const [hasTags, hasBatch] = [caps.has('message-tags'), caps.has('batch')];
  const batch = server.mint(prefix);
  if (hasBatch) session.send(`:${server.name} BATCH +${batch} ${type} ${target}`);
  for (const { sender, text, seconds, tags: said, msgid } of entries) {
    const tags = new Map<string, string>(hasTags ? said : []);
    if (hasTags) {
      tags.set('msgid', msgid);
      const tally = server.store.tally(msgid);
      if (tally !== undefined) tags.set('+freeq.at/reactions', tally);
      if (caps.has('server-time')) tags.set('time', timeTag(seconds));
      if (hasBatch) tags.set('batch', batch);
    }
    const lines = text.split('\n');
    if (lines.length > 1 && hasTags && hasBatch && caps.has('draft/multiline'))
      sendMultiline(server, session, { tags, sender, target, lines });
    else
      for (const [index, line] of lines.entries())
        sendRow(server, session, index === 0 ? tags : inBatch(tags), sender, target, line);
  }
  if (hasBatch) session.send(`:${server.name} BATCH -${batch}`);
}

const inBatch = (tags: Tags): Tags => {
  const batch = tags.get('batch');
  return new Map(batch === undefined ? [] : [['batch', batch]]);
};

/** A body without a space goes without its colon. */
const sendRow = (
  server: FreeqServer,
  session: Session,
  tags: Tags,
  prefix: string,
  target: string,
  text: string,
): void =>
  session.send(
    tags.size === 0
      ? `:${prefix} PRIVMSG ${target} :${text}`
      : server.write({ tags, prefix, command: 'PRIVMSG', params: [target, text] }),
  );

type Multiline = {
  readonly tags: Tags;
  readonly sender: string;
  readonly target: string;
  readonly lines: readonly string[];
};

function sendMultiline(server: FreeqServer, session: Session, { tags, sender, target, lines }: Multiline): void {
  const inner = server.mint('ml');
  session.send(
    server.write({ tags, prefix: sender, command: 'BATCH', params: [`+${inner}`, 'draft/multiline', target] }),
  );
  for (const line of lines) sendRow(server, session, new Map([['batch', inner]]), sender, target, line);
  session.send(server.write({ tags: inBatch(tags), command: 'BATCH', params: [`-${inner}`] }));
}

export function takeChathistory(server: FreeqServer, session: Session, { params }: Line): void {
  const [subcommand = '', target = '', ...rest] = params;
  const fail = (...words: string[]): void => server.answer(session, 'FAIL', 'CHATHISTORY', ...words);
  if (params.length < 3) {
    fail('NEED_MORE_PARAMS', 'Insufficient parameters');
    return;
  }
  if (subcommand.toUpperCase() === 'TARGETS') {
    listTargets(server, session, params.slice(1));
    return;
  }
  const venue = venueFor(server, session, target, fail);
  if (venue === undefined) return;
  const rows = rowsAsked(server, venue, subcommand.toUpperCase(), rest);
  const entries = rows.map((row) => {
    const tags = new Map(row.tags);
    if (row.msgid !== row.root) tags.set('+draft/edit', row.root);
    if (row.did !== undefined) tags.set('account', row.did);
    return { ...row, tags };
  });
  const shown = isChannel(target) ? target.toLowerCase() : target;
  replay(server, session, { type: 'chathistory', prefix: 'ch', target: shown, entries });
}

function venueFor(
  server: FreeqServer,
  session: Session,
  target: string,
  fail: (...words: string[]) => void,
): string | undefined {
  if (isChannel(target)) {
    const channel = server.channel(target);
    if (channel?.members.has(session) === true) return channel.name;
    const why = channel === undefined ? 'No such channel' : 'You are not in that channel';
    fail('INVALID_TARGET', target.toLowerCase(), why);
    return undefined;
  }
  const partner = server.didOf(target);
  if (session.did === undefined) fail('ACCOUNT_REQUIRED', target, 'You must be authenticated to access DM history');
  else if (partner === undefined) fail('INVALID_TARGET', target, 'Unknown target');
  else return `dm:${[session.did, partner].sort().join(',')}`;
  return undefined;
}

/** An end that cannot be read overflows, and nothing lies before it. */
const NOTHING = -1;

/** Only times count, in whole seconds, and both ends are exclusive; a beginning that cannot be read is the beginning of all. */
function rowsAsked(server: FreeqServer, venue: string, subcommand: string, args: readonly string[]) {
  const rows = (after: number, before: number) => server.store.between(venue, after, before);
  const [first = '', second = '', third = ''] = args;
  const end = Number.POSITIVE_INFINITY;
  if (args.length < (subcommand === 'BETWEEN' ? 3 : 2)) return [];
  switch (subcommand) {
    case 'BEFORE':
      return newest(rows(-1, secondsOf(first) ?? NOTHING), second);
    case 'AFTER':
      return oldest(rows(secondsOf(first) ?? 0, end), second);
    case 'LATEST':
      return first === '*' ? newest(rows(-1, end), second) : oldest(rows(secondsOf(first) ?? 0, end), second);
    case 'BETWEEN':
      return oldest(rows(secondsOf(first) ?? 0, secondsOf(second) ?? NOTHING), third);
    default:
      return [];
  }
}

const limitOf = (text: string): number => (/^\d+$/.test(text) ? Math.min(MAX_ROWS, Number(text)) : DEFAULT_ROWS);
const newest = <T>(rows: readonly T[], limit: string): T[] => rows.slice(Math.max(0, rows.length - limitOf(limit)));
const oldest = <T>(rows: readonly T[], limit: string): T[] => rows.slice(0, limitOf(limit));

function secondsOf(selector: string): number | undefined {
  const timeMs = Date.parse(selector.replace(/^timestamp=/, ''));
  return Number.isNaN(timeMs) ? undefined : Math.floor(timeMs / 1000);
}

/** Conversations of two, for people with an account. */
function listTargets(server: FreeqServer, session: Session, [from = '', to = '', limit = '']: readonly string[]): void {
  const { did } = session;
  if (did === undefined) {
    server.answer(
      session,
      'FAIL',
      'CHATHISTORY',
      'ACCOUNT_REQUIRED',
      '*',
      'You must be authenticated to list DM targets',
    );
    return;
  }
  const latest = new Map<string, number>();
  for (const { venue, seconds } of server.store.rows) {
    const pair = venue.startsWith('dm:') ? venue.slice(3).split(',') : [];
    const partner = pair.includes(did) ? pair.find((other) => other !== did) : undefined;
    if (partner !== undefined) latest.set(partner, Math.max(seconds, latest.get(partner) ?? 0));
  }
  const batch = server.mint('cht');
  const { caps } = session;
  if (caps.has('batch')) session.send(`:${server.name} BATCH +${batch} draft/chathistory-targets`);
  const shown = [...latest].sort(([, a], [, b]) => b - a).slice(0, limitOf(limit));
  for (const [partner, seconds] of shown) {
    if (seconds < (secondsOf(from) ?? 0) || seconds > (secondsOf(to) ?? Number.POSITIVE_INFINITY)) continue;
    const tags = new Map<string, string>();
    if (caps.has('batch')) tags.set('batch', batch);
    if (caps.has('server-time')) tags.set('time', timeTag(seconds));
    if (caps.has('message-tags')) tags.set('freeq.at/partner-did', partner);
    const nick = [...server.store.nickOwners].find(([, owner]) => owner === partner)?.[0] ?? partner;
    session.send(server.write({ tags, prefix: server.name, command: 'CHATHISTORY', params: ['TARGETS', nick] }));
  }
  if (caps.has('batch')) session.send(`:${server.name} BATCH -${batch}`);
}
