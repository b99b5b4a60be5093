import type { BridgeWorld } from './bridge-files.ts';
import { CHANNELS } from './cooperative.ts';
import type { Folder } from './folder.ts';
import { CHOICES } from './homeserver-side.ts';
import { obtainErgo } from './obtain/ergo.ts';
import { IrcUser } from './people/irc-user.ts';
import type { Progress } from './progress.ts';
import { SandboxRefusal } from './refusal.ts';
import { type Ergo, startErgo } from './servers/ergo.ts';
import type { State } from './state.ts';

/** Where IRC people are: our own Ergo, or a server that somebody else runs. */
export type IrcSide = {
  readonly world: BridgeWorld['irc'];
  /** Ours; undefined when somebody else runs it. */
  readonly ergo?: Ergo;
};

export type IrcWish = {
  readonly ergo?: string | undefined;
  /** `host:port` of a server that is there already; TLS on 6697. */
  readonly irc?: string | undefined;
};

export async function findErgo(wish: IrcWish, progress: Progress): Promise<string | undefined> {
  if (wish.irc !== undefined) return undefined;
  const program = await obtainErgo(progress, wish.ergo ?? process.env.CAUSEWAY_ERGO);
  if (program === undefined) throw new SandboxRefusal(CHOICES);
  return program.path;
}

const TLS_PORT = 6697;

/** @param address `host:port`, an IPv6 address in brackets */
export function elsewhere(address: string): IrcSide {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new SandboxRefusal(`--irc ${address} is not HOST:PORT, such as 127.0.0.1:6667.`);
  }
  return { world: { host: match[1] ?? match[2] ?? '', port, tls: port === TLS_PORT } };
}

/** Starts our Ergo. */
export async function startIrc(
  binary: string,
  state: State,
  folder: Folder,
): Promise<IrcSide & { readonly ergo: Ergo }> {
  const ergo = await startErgo({
    binary,
    dir: `${folder.path}/ergo`,
    port: state.ports.irc,
    onStarted: (pid) => folder.record('ergo', pid),
  });
  const account = { user: state.bot.account, password: state.bot.password };
  return { world: { host: '127.0.0.1', port: ergo.ports.irc, tls: false, account, jwtKey: ergo.jwtKey }, ergo };
}

/**
 * Gives bot and people their accounts, and the bot the channels: whoever joins an unregistered channel first after a
 * restart would become its operator. What is there already stays.
 * @returns the state to remember
 */
export async function ensureAccounts(ergo: Ergo, state: State): Promise<State> {
  const port = ergo.ports.irc;
  const { account, password } = state.bot;
  if (!state.bot.registered) await registerAccount(port, account, password);
  const people = state.ircPeople.filter(({ name }) => !state.onIrc.includes(name));
  for (const { name, password: own } of people) await registerAccount(port, name, own);
  const channels = CHANNELS.filter((channel) => !state.onIrc.includes(channel));
  if (channels.length > 0) await registerChannels(port, state.bot, channels);
  return {
    ...state,
    bot: { ...state.bot, registered: true },
    onIrc: [...state.onIrc, ...people.map(({ name }) => name), ...channels],
  };
}

async function registerAccount(port: number, name: string, password: string): Promise<void> {
  const user = await IrcUser.connect({ port, nick: name }).catch((error: unknown) => {
    // The nick is kept for its account, which is there already when an earlier start was interrupted.
    if (/ 433 /.test(String(error))) return undefined;
    throw error;
  });
  if (user === undefined) return;
  try {
    user.sendLine(`REGISTER * * ${password}`);
    const answer = await user.waitFor((line) => /^(REGISTER|FAIL)$/.test(line.command), { what: `${name}'s account` });
    const isThere = answer.params.includes('ALREADY_REGISTERED') || answer.params.includes('ACCOUNT_EXISTS');
    if (answer.command === 'FAIL' && !isThere) throw new Error(`Ergo did not register ${name}: ${answer.raw}`);
  } finally {
    await user.quit();
  }
}

async function registerChannels(
  port: number,
  { account, password }: State['bot'],
  channels: readonly string[],
): Promise<void> {
  const bot = await IrcUser.connect({ port, nick: account, sasl: { account, password } });
  try {
    for (const channel of channels) {
      await bot.join(channel);
      const from = bot.lines.length;
      bot.sendLine(`CS REGISTER ${channel}`);
      await bot.waitFor((line) => line.command === 'NOTICE' && line.nick === 'ChanServ', {
        from,
        what: `ChanServ to register ${channel}`,
      });
    }
  } finally {
    await bot.quit();
  }
}
