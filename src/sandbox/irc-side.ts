import { type BridgeWorld, CHANNELS } from './bridge-files.ts';
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
 * Gives the bridge's bot an account and the channels: whoever joins an unregistered channel first after a restart would
 * become its operator.
 */
export async function registerBot(ergo: Ergo, { account, password }: State['bot']): Promise<void> {
  const bot = await IrcUser.connect({ port: ergo.ports.irc, nick: account });
  try {
    bot.sendLine(`REGISTER * * ${password}`);
    const answer = await bot.waitFor((line) => /^(REGISTER|FAIL)$/.test(line.command), { what: "the bot's account" });
    // It is there already when an earlier start was interrupted before it could remember.
    if (
      answer.command === 'FAIL' &&
      !answer.params.includes('ALREADY_REGISTERED') &&
      !answer.params.includes('ACCOUNT_EXISTS')
    ) {
      throw new Error(`Ergo did not register the bot: ${answer.raw}`);
    }
    for (const channel of CHANNELS) {
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
