import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INHABITANTS, IRC_ACCOUNTS } from './cooperative.ts';
import { freePort, isFree } from './servers/ports.ts';

export type Person = { readonly name: string; readonly password: string };
export type PortName = 'homeserver' | 'irc' | 'appservice' | 'http' | 'pages';

/** What a sandbox has to remember between two starts, in `state.json`. */
export type State = {
  readonly serverName: string;
  readonly ports: Readonly<Record<PortName, number>>;
  /** On our own homeserver. */
  readonly people: readonly Person[];
  /** The bridge's account on our own IRC server. */
  readonly bot: { readonly account: string; readonly password: string; readonly registered: boolean };
  /** People with an account on our own IRC server. */
  readonly ircPeople: readonly Person[];
  /** Accounts of people and channels that our own IRC server knows already. */
  readonly onIrc: readonly string[];
};

/** What a sandbox of an earlier version wrote: two people, and two channels where the bot has its account. */
type EarlierState = Omit<State, 'ircPeople' | 'onIrc'> & Partial<State>;
const EARLIER_CHANNELS = ['#commons', '#garden'];

/** Where people expect these servers. */
const USUAL_PORTS: Readonly<Record<PortName, number>> = {
  homeserver: 8008,
  irc: 6667,
  appservice: 9009,
  http: 9010,
  pages: 9011,
};

const PORT_OWNERS: Readonly<Record<PortName, string>> = {
  homeserver: 'Dendrite',
  irc: 'Ergo',
  appservice: "the bridge's listener",
  http: "the bridge's health page",
  pages: 'what is shared by link',
};

export type LoadedState = {
  readonly state: State;
  /** Whether this folder was used before. */
  readonly known: boolean;
  /** A sentence for each port that somebody else has. */
  readonly moved: readonly string[];
};

/** Reads the folder's state, or makes one; replaces ports that are taken. Ports stay the same as long as they are free. */
export async function loadState(
  dir: string,
  usual: Readonly<Record<PortName, number>> = USUAL_PORTS,
): Promise<LoadedState> {
  const path = join(dir, 'state.json');
  const known = existsSync(path);
  const before = known ? upToDate(JSON.parse(await readFile(path, 'utf8')) as EarlierState) : newState(usual);
  const ports: Record<PortName, number> = { ...usual, ...before.ports };
  const moved: string[] = [];
  for (const name of Object.keys(USUAL_PORTS) as PortName[]) {
    const wanted = ports[name];
    if (await isFree(wanted)) continue;
    ports[name] = await freePort();
    moved.push(`Port ${wanted} is taken; ${PORT_OWNERS[name]} uses ${ports[name]} instead.`);
  }
  const state = { ...before, ports };
  await saveState(dir, state);
  return { state, known, moved };
}

export async function saveState(dir: string, state: State): Promise<void> {
  const path = join(dir, 'state.json');
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

const newState = (ports: Readonly<Record<PortName, number>>): State => ({
  serverName: 'localhost',
  ports,
  people: INHABITANTS.map(({ name }) => newPerson(name)),
  bot: { account: 'causeway', password: randomBytes(18).toString('base64url'), registered: false },
  ircPeople: IRC_ACCOUNTS.map(newPerson),
  onIrc: [],
});

const newPerson = (name: string): Person => ({ name, password: `${name}-${randomBytes(5).toString('hex')}` });

/** Whoever is there keeps their password; whoever is missing is added. */
function upToDate(state: EarlierState): State {
  const { people, ircPeople = [], onIrc = state.bot.registered ? EARLIER_CHANNELS : [] } = state;
  const missing = (names: readonly string[], there: readonly Person[]): Person[] =>
    names.filter((name) => !there.some((person) => person.name === name)).map(newPerson);
  const names = INHABITANTS.map(({ name }) => name);
  return {
    ...state,
    people: [...people, ...missing(names, people)],
    ircPeople: [...ircPeople, ...missing(IRC_ACCOUNTS, ircPeople)],
    onIrc,
  };
}
