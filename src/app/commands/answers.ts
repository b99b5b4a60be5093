import type { AskedName } from '../../core/commands/command-table.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import { explain } from '../admission/explaining.ts';
import type { Side } from '../admission/proofs.ts';
import { agreementLine } from '../visitors/explain-visits.ts';
import type { Answering } from './answering.ts';
import type { Asker, Person } from './asker.ts';

/** What is answered; empty for nothing. Never rejects for what people can type. */
export type Answer = (from: Answering, asker: Asker, words: readonly string[]) => Promise<string | CommandAnswer>;

type ToPerson = (from: Answering, asker: Person, words: readonly string[]) => Promise<string>;

/** To whoever asks as somebody; the table lets nobody else ask it. */
const toPerson =
  (answer: ToPerson): Answer =>
  async (from, asker, words) =>
    asker.kind === 'terminal' ? '' : answer(from, asker, words);

/** What becomes of each command, where whoever asks may ask it. */
export const ANSWERS: Readonly<Record<Exclude<AskedName, 'help'>, Answer>> = {
  whois: (from, a, words) => from.identity.whois(a, words.join(' ')),
  names: (from, a, [channel]) => from.here.names(a, channel),
  status: (from, a, [channel]) => from.here.status(a, channel),
  nick: (from, a, [nick]) => from.here.nick(a, nick),
  mentions,
  links,
  optout: toPerson((from, a) => from.bridging.set(a, true)),
  optin: toPerson((from, a) => from.bridging.set(a, false)),
  query: (from, a, [nick]) => from.direct.query(a, nick),
  block: (from, a) => from.direct.block(a, true),
  unblock: (from, a) => from.direct.block(a, false),
  whoami: toPerson(whoami),
  link: toPerson(link),
  rebind: toPerson((from, a, words) => from.identity.rebind(a, words)),
  request,
  visit,
  approve: (from, a, [id = '']) => answer(from, a, id, true),
  refuse: (from, a, [id = '']) => answer(from, a, id, false),
  explain: async ({ enforcement }, _, [person = '', room]) => (await explain(enforcement, person, room)).join('\n'),
  agreements,
  plans,
  confirm,
};

const sideOf = ({ enforcement: { admission } }: Answering, asker: Person): Side => {
  if (asker.kind === 'network') return asker;
  return { kind: 'matrix', userId: asker.userId, subject: admission.subjectRefOf(asker.userId) };
};

async function link(from: Answering, asker: Person, [code]: readonly string[]): Promise<string> {
  if (asker.kind === 'network' && asker.origin !== undefined)
    return 'Only another server says who you are here, and the bridge has no way to check it. Say this from an account on the server that the bridge is connected to.';
  const { enforcement } = from;
  const side = sideOf(from, asker);
  if (code !== undefined) {
    const done = await enforcement.proofs.finish(code, side);
    if (done.ok) enforcement.occasions.relinked('link', done.relinked);
    return done.text;
  }
  if (side.kind === 'matrix' && side.subject === undefined)
    return `${side.userId} is not known to the cooperative, so there is nobody to link an account with.`;
  const toBot = (words: string): string =>
    `say ${enforcement.settings
      .botNicks()
      .map((nick) => `\`/msg ${nick} ${words}\``)
      .join(' or ')} on IRC, logged in to your account`;
  // Whoever says it first on IRC is the member from then on.
  if (asker.kind === 'matrix' && !enforcement.visiting.privateRooms.has(asker.room))
    return `Others read along here, so no code is told. Instead ${toBot('link')}: the bot gives you a code there, and \`!causeway link CODE\` may be said here.`;
  const other =
    side.kind === 'matrix' ? toBot('link CODE') : 'say `!causeway link CODE` in a room of the bridge on Matrix';
  const begun = enforcement.proofs.begin(side);
  return 'text' in begun ? begun.text : `Your code is ${begun.code}. Within ten minutes ${other}, with this code.`;
}

/** What is switched on or off by a word; undefined where it is only asked how it stands. */
const switched = (word: string | undefined): boolean | undefined =>
  new Map([
    ['on', true],
    ['off', false],
  ]).get(word?.toLowerCase() ?? '');

async function links({ pages }: Answering, asker: Asker, [word]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const wanted = switched(word);
  if (wanted !== undefined) await pages.setShared(asker.userId, wanted);
  return pages.isShared(asker.userId)
    ? 'People on IRC get links to what you send. `!causeway links off` ends that, and takes back the links that are out.'
    : 'People on IRC are told that you sent something, and get no links; those that were out lead nowhere any more. `!causeway links on` makes new ones from now on.';
}

async function mentions({ calls }: Answering, asker: Asker, [word]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const wanted = switched(word);
  if (wanted !== undefined) await calls.set(asker.userId, wanted);
  return calls.wanted(asker.userId)
    ? 'You are called when somebody on IRC says your name. `!causeway mentions off` ends that.'
    : 'You are not called when somebody on IRC says your name. `!causeway mentions on` brings that back.';
}

async function whoami({ enforcement: { admission } }: Answering, asker: Person): Promise<string> {
  const person =
    asker.kind === 'matrix' ? admission.matrixUser(asker.userId) : admission.networkUser(asker.network, asker);
  if (person.kind === 'absent') return 'The cooperative does not know you by this account.';
  if (person.kind === 'unknown') return `The cooperative’s directory cannot say who you are now: ${person.text}`;
  const { name, subject, statusText, seats, roles } = person.value;
  const what = [...roles.map(({ role }) => role), ...seats.map(({ group }) => `in ${group}`)].join(', ');
  return `You are ${name ?? subject.sub}: ${statusText}${what === '' ? '' : `; ${what}`}.`;
}

async function request({ enforcement }: Answering, asker: Asker, [room = '']: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const resource = enforcement.findRoom(room);
  if (resource === undefined) return 'There is no such room here. Say its alias: `!causeway request #room`.';
  return enforcement.requests.ask(asker.userId, resource);
}

async function visit(
  { enforcement: { visiting } }: Answering,
  asker: Asker,
  [token = '']: readonly string[],
): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const answer = await visiting.present(token, asker.userId);
  if (answer.kind !== 'admitted') return answer.text;
  const until = `${new Date(answer.untilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `Welcome. By the agreement ${answer.agreement} you are a visitor until ${until}. You are invited to ${answer.rooms.join(', ')}.`;
}

async function agreements({ enforcement: { visiting } }: Answering): Promise<CommandAnswer> {
  const facts = visiting.report();
  const lines = facts.map(agreementLine);
  return {
    ok: true,
    text: lines.length === 0 ? 'There are no agreements with other shards.' : lines.join('\n'),
    facts,
  };
}

async function answer(
  { enforcement: { requests } }: Answering,
  asker: Asker,
  id: string,
  isYes: boolean,
): Promise<CommandAnswer> {
  if (asker.kind === 'network') return { ok: false, text: '' };
  return asker.kind === 'matrix'
    ? requests.answer(id, { name: asker.userId }, isYes)
    : requests.answer(id, { name: asker.name, isAdmin: true }, isYes);
}

async function plans({ enforcement: { holds } }: Answering): Promise<CommandAnswer> {
  const facts = holds.all();
  const lines = facts.map(
    ({ hash, resource, why, removes }) =>
      `${hash}: ${resource}. ${why} Removes ${removes.length}: ${removes.slice(0, 20).join(', ')}`,
  );
  return { ok: true, text: lines.length === 0 ? 'No plan is held.' : lines.join('\n'), facts };
}

async function confirm(
  { enforcement }: Answering,
  asker: Asker,
  [hash = '']: readonly string[],
): Promise<CommandAnswer> {
  if (asker.kind === 'network') return { ok: false, text: '' };
  return enforcement.confirm(hash, asker.kind === 'matrix' ? asker.userId : asker.name);
}
