import type { Command } from '../../core/commands.ts';
import type { NetworkId } from '../../core/ids.ts';
import { agreementLine } from '../visitors/explain-visits.ts';
import type { Enforcement } from './enforcement.ts';
import { explain } from './explaining.ts';
import type { Side } from './proofs.ts';

/** Who asks, and where: in a room of Matrix, or in a private message of a network. */
export type Asker =
  | {
      readonly kind: 'matrix';
      readonly userId: string;
      readonly room: string;
      /** Event that they answered with it. */
      readonly replyTo?: string;
    }
  | {
      readonly kind: 'network';
      readonly network: NetworkId;
      readonly nick: string;
      readonly account: string | null;
      /** Server that vouches for them, where that is not the one that we are connected to. */
      readonly origin?: string;
    };

type Row = {
  /** Words after the name, for the help. */
  readonly usage: string;
  readonly text: string;
  /** Which side may ask it. */
  readonly for: 'everybody' | 'matrix' | 'admins';
  readonly run: (enforcement: Enforcement, asker: Asker, words: readonly string[]) => Promise<string>;
};

/** Everything that people can ask of the bridge by `!causeway …`. */
const COMMANDS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['help', { usage: '', text: 'what can be asked', for: 'everybody', run: async (_, asker) => help(asker) }],
  [
    'link',
    {
      usage: '[CODE]',
      text: 'prove that your account on IRC is you: ask for a code on one side, say it on the other',
      for: 'everybody',
      run: link,
    },
  ],
  [
    'mentions',
    {
      usage: 'on|off',
      text: 'whether you are called when your name falls on IRC',
      for: 'matrix',
      run: mentions,
    },
  ],
  ['whoami', { usage: '', text: 'what the cooperative knows of you', for: 'everybody', run: whoami }],
  [
    'whois',
    {
      usage: 'NAME',
      text: 'who somebody is, and who vouches for it; in a room also as a reply to what they said',
      for: 'everybody',
      run: (e, a, words) => e.identity.whois(a, words.join(' ')),
    },
  ],
  [
    'rebind',
    {
      usage: '[NETWORK] OLD [NEW]',
      text: 'your new account gets the Matrix user of the one that you had, once both are linked with you; on IRC say only the old one',
      for: 'everybody',
      run: (e, a, words) => e.identity.rebind(a, words),
    },
  ],
  [
    'links',
    {
      usage: 'on|off',
      text: 'whether people on IRC get links to your pictures, files and long messages; off takes back those that are out',
      for: 'matrix',
      run: links,
    },
  ],
  [
    'query',
    {
      usage: 'NICK',
      text: 'open a room with somebody on IRC, to write to them in private',
      for: 'matrix',
      run: (e, a, [nick]) => e.reach.direct.query(a, nick),
    },
  ],
  [
    'block',
    {
      usage: '',
      text: 'in a private room: hear nothing more of who is in it with you',
      for: 'matrix',
      run: (e, a) => e.reach.direct.block(a, true),
    },
  ],
  [
    'unblock',
    { usage: '', text: 'let them write to you again', for: 'matrix', run: (e, a) => e.reach.direct.block(a, false) },
  ],
  ['request', { usage: '#ROOM', text: 'ask the coordinators of a room to let you in', for: 'matrix', run: request }],
  [
    'approve',
    {
      usage: 'ID',
      text: 'let somebody in who asked (coordinators)',
      for: 'matrix',
      run: (e, a, [id]) => answer(e, a, id, true),
    },
  ],
  [
    'refuse',
    {
      usage: 'ID',
      text: 'do not let them in (coordinators)',
      for: 'matrix',
      run: (e, a, [id]) => answer(e, a, id, false),
    },
  ],
  [
    'explain',
    {
      usage: 'PERSON [ROOM]',
      text: 'what the authority says of somebody, and what follows',
      for: 'admins',
      run: (e, _, [person, room]) => explained(e, person, room),
    },
  ],
  [
    'visit',
    {
      usage: 'ASSERTION',
      text: 'come as a visitor, with what your home shard gave you for this one; only in a private room with the bot',
      for: 'matrix',
      run: visit,
    },
  ],
  [
    'agreements',
    { usage: '', text: 'agreements with other shards, and who is here by them', for: 'admins', run: agreements },
  ],
  ['plans', { usage: '', text: 'plans that wait for a confirmation', for: 'admins', run: plans }],
  ['confirm', { usage: 'HASH', text: 'let a plan go on that is held', for: 'admins', run: confirm }],
]);

/** @returns the answer for whoever asked; never rejects for what people can type */
export async function answerCommand(enforcement: Enforcement, asker: Asker, command: Command): Promise<string> {
  const row = COMMANDS.get(command.name);
  if (row === undefined) return `There is no command ${command.name.slice(0, 40)}. \`!causeway help\` lists them.`;
  if (row.for !== 'everybody' && asker.kind !== 'matrix') return 'This can only be asked from Matrix.';
  if (row.for === 'admins' && !(asker.kind === 'matrix' && mayAdminister(enforcement, asker.userId)))
    return 'This is for the council and the admins named in the configuration.';
  return row.run(enforcement, asker, command.words);
}

const help = async (asker: Asker): Promise<string> =>
  [...COMMANDS]
    .filter(([, row]) => row.for === 'everybody' || asker.kind === 'matrix')
    .map(([name, { usage, text }]) => `!causeway ${[name, usage].filter((part) => part !== '').join(' ')}: ${text}`)
    .join('\n');

/** Admins by the configuration, and whoever may be in the admin room by the authority. */
const mayAdminister = ({ admission, rooms }: Enforcement, userId: string): boolean =>
  admission.isAdmin(userId) ||
  (rooms.get('room:admin') !== undefined && admission.standingOf(userId, 'room:admin').membership === 'in');

const sideOf = ({ admission }: Enforcement, asker: Asker): Side => {
  if (asker.kind === 'network') return asker;
  return { kind: 'matrix', userId: asker.userId, subject: admission.subjectRefOf(asker.userId) };
};

async function link(enforcement: Enforcement, asker: Asker, [code]: readonly string[]): Promise<string> {
  if (asker.kind === 'network' && asker.origin !== undefined)
    return 'Only another server says who you are here, and the bridge has no way to check it. Say this from an account on the server that the bridge is connected to.';
  const side = sideOf(enforcement, asker);
  if (code !== undefined) {
    const done = await enforcement.proofs.finish(code, side);
    if (done.ok) enforcement.relinked('link', done.relinked);
    return done.text;
  }
  if (side.kind === 'matrix' && side.subject === undefined)
    return `${side.userId} is not known to the cooperative, so there is nobody to link an account with.`;
  const other =
    side.kind === 'matrix'
      ? `say ${enforcement.settings
          .botNicks()
          .map((nick) => `\`/msg ${nick} link CODE\``)
          .join(' or ')} on IRC, logged in to your account`
      : 'say `!causeway link CODE` in a room of the bridge on Matrix';
  return `Your code is ${enforcement.proofs.begin(side)}. Within ten minutes ${other}, with this code.`;
}

/** What is switched on or off by a word; undefined where it is only asked how it stands. */
const switched = (word: string | undefined): boolean | undefined =>
  new Map([
    ['on', true],
    ['off', false],
  ]).get(word?.toLowerCase() ?? '');

async function links({ reach: { pages } }: Enforcement, asker: Asker, [word]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const wanted = switched(word);
  if (wanted !== undefined) await pages.setShared(asker.userId, wanted);
  return pages.isShared(asker.userId)
    ? 'People on IRC get links to what you send. `!causeway links off` ends that, and takes back the links that are out.'
    : 'People on IRC are told that you sent something, and get no links; those that were out lead nowhere any more. `!causeway links on` makes new ones from now on.';
}

async function mentions({ calls }: Enforcement, asker: Asker, [word]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const wanted = switched(word);
  if (wanted !== undefined) await calls.set(asker.userId, wanted);
  return calls.wanted(asker.userId)
    ? 'You are called when somebody on IRC says your name. `!causeway mentions off` ends that.'
    : 'You are not called when somebody on IRC says your name. `!causeway mentions on` brings that back.';
}

async function whoami({ admission }: Enforcement, asker: Asker): Promise<string> {
  const person =
    asker.kind === 'matrix' ? admission.matrixUser(asker.userId) : admission.networkUser(asker.network, asker);
  if (person.kind === 'absent') return 'The cooperative does not know you by this account.';
  if (person.kind === 'unknown') return `The cooperative’s directory cannot say who you are now: ${person.text}`;
  const { name, subject, statusText, seats, roles } = person.value;
  const what = [...roles.map(({ role }) => role), ...seats.map(({ group }) => `in ${group}`)].join(', ');
  return `You are ${name ?? subject.sub}: ${statusText}${what === '' ? '' : `; ${what}`}.`;
}

async function request(enforcement: Enforcement, asker: Asker, [room]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  const resource = room === undefined ? undefined : enforcement.findRoom(room);
  if (resource === undefined) return 'Say which room: `!causeway request #room`.';
  return enforcement.requests.ask(asker.userId, resource);
}

async function visit({ visiting }: Enforcement, asker: Asker, [token]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  if (!visiting.privateRooms.has(asker.room))
    return 'Say this in a private room with the bot: invite it to an unencrypted room with nobody else.';
  if (token === undefined)
    return 'Say it with the assertion that your home shard gave you: `!causeway visit ASSERTION`.';
  const answer = await visiting.present(token, asker.userId);
  if (answer.kind !== 'admitted') return answer.text;
  const until = `${new Date(answer.untilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `Welcome. By the agreement ${answer.agreement} you are a visitor until ${until}. You are invited to ${answer.rooms.join(', ')}.`;
}

async function agreements({ visiting }: Enforcement): Promise<string> {
  const lines = visiting.report().map(agreementLine);
  return lines.length === 0 ? 'There are no agreements with other shards.' : lines.join('\n');
}

async function answer(enforcement: Enforcement, asker: Asker, id: string | undefined, isYes: boolean): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  return id === undefined ? 'Say which request, by its id.' : enforcement.requests.answer(id, asker.userId, isYes);
}

async function explained(
  enforcement: Enforcement,
  person: string | undefined,
  room: string | undefined,
): Promise<string> {
  if (person === undefined) return 'Say who: a Matrix id, a subject, or network/account.';
  return (await explain(enforcement, person, room)).join('\n');
}

async function plans({ holds }: Enforcement): Promise<string> {
  const held = holds.all();
  if (held.length === 0) return 'No plan is held.';
  return held
    .map(
      ({ hash, resource, why, removes }) =>
        `${hash}: ${resource}. ${why} Removes ${removes.length}: ${removes.slice(0, 20).join(', ')}`,
    )
    .join('\n');
}

async function confirm(enforcement: Enforcement, asker: Asker, [hash]: readonly string[]): Promise<string> {
  if (asker.kind !== 'matrix') return '';
  return hash === undefined ? 'Say which plan, by its hash.' : (await enforcement.confirm(hash, asker.userId)).text;
}
