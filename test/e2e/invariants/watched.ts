import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HttpProxy, startHttpProxy } from '../../servers/http-proxy.ts';
import { IrcUser, waitUntil } from '../../servers/people.ts';
import { type Cooperative, type Listed, startCooperative } from '../cooperative.ts';

/** A cooperative whose bridge reaches the homeserver through a proxy, which keeps account of what it writes there. */
export type Watched = Cooperative & {
  readonly proxy: HttpProxy;
  /** How many requests there were by now; where a count begins. */
  mark(): number;
  /** What the bridge wrote since: state, memberships, rooms, messages; in order, method and path. */
  writes(since: number): string[];
  /** Resolves once the bridge has read all of these rooms since, and has asked for nothing more for a moment. */
  lookedThrough(since: number, aliases: readonly string[]): Promise<void>;
  /** The problem that `/status` names with the authority comes to fit. */
  untilProblem(fits: (problem: string | undefined) => boolean): Promise<string | undefined>;
  authority(): Promise<AuthorityStatus>;
  /** Every line of the bridge's log that has this text. */
  logged(text: string): Promise<string[]>;
  /** State of a room as it stands: `type|state key` → content as text. */
  stateOf(room: string): Promise<Map<string, string>>;
  /** What the bot said in the admin room, oldest first. */
  reports(): Promise<string[]>;
  /** Has somebody with power say a command there. @returns the answer */
  command(who: string, alias: string, text: string): Promise<string>;
};

export type AuthorityStatus = {
  readonly state: string;
  readonly problem?: string;
  readonly members: number | null;
  readonly heldPlans: readonly { readonly hash: string; readonly resource: string; readonly removes: number }[];
  readonly driftCorrected: number;
};

const WRITES =
  /^(PUT|POST|DELETE) \S*\/(rooms\/[^/]+\/(state|invite|kick|ban|unban|leave|join|send|redact)|createRoom|join\/|directory\/)/;
const QUIET_MS = 700;

export async function startWatched(
  name: string,
  people: readonly string[],
  members: Readonly<Record<string, Listed>>,
  options: Parameters<typeof startCooperative>[3] = {},
): Promise<Watched> {
  const proxies: HttpProxy[] = [];
  const coop = await startCooperative(name, people, members, {
    ...options,
    async homeserverUrl(dendrite) {
      const made = await startHttpProxy(dendrite.ports.http);
      proxies.push(made);
      return made.url;
    },
  });
  const [proxy] = proxies;
  if (proxy === undefined) throw new Error('the shard asked for no proxy');
  const authority = async (): Promise<AuthorityStatus> =>
    (await coop.shard.status()).authority as unknown as AuthorityStatus;
  const quiet = async (): Promise<void> => {
    let count = -1;
    let sinceMs = performance.now();
    await waitUntil(
      () => {
        const now = proxy.seen.filter((request) => !request.includes('/sync')).length;
        if (now !== count) {
          count = now;
          sinceMs = performance.now();
        }
        return performance.now() - sinceMs > QUIET_MS;
      },
      { timeoutMs: 20_000, what: 'the bridge to be quiet' },
    );
  };
  return {
    ...coop,
    proxy,
    authority,
    mark: () => proxy.seen.length,
    writes: (since) => proxy.seen.slice(since).filter((request) => WRITES.test(request)),
    async lookedThrough(since, aliases) {
      const rooms = await Promise.all(aliases.map((alias) => coop.room(alias)));
      await waitUntil(
        () => rooms.every((room) => proxy.seen.slice(since).some((request) => isStateOf(room, request))),
        { timeoutMs: 20_000, what: `the bridge to look at ${aliases.join(', ')}` },
      );
      await quiet();
    },
    async untilProblem(fits) {
      let problem: string | undefined;
      await waitUntil(
        async () => {
          problem = (await authority()).problem;
          return fits(problem);
        },
        { timeoutMs: 15_000, what: 'the status to name another problem with the authority' },
      );
      return problem;
    },
    async logged(text) {
      const log = await readFile(join(coop.shard.dir, 'bridge.log'), 'utf8');
      return log.split('\n').filter((line) => line.includes(text));
    },
    async stateOf(room) {
      const events = await coop.shard.bot().request('GET', `/v3/rooms/${encodeURIComponent(room)}/state`);
      const entries = Object.values(events) as { type: string; state_key: string; content: unknown }[];
      return new Map(
        entries.map(({ type, state_key, content }): [string, string] => [
          `${type}|${state_key}`,
          JSON.stringify(content),
        ]),
      );
    },
    async reports() {
      const { userId, history } = adminReader(coop);
      const events = await history(await coop.room('admin'));
      return events
        .filter(({ type, sender }) => type === 'm.room.message' && sender === userId)
        .map(({ content }) => String(content.body));
    },
    async command(who, alias, text) {
      const room = await coop.room(alias);
      const asked = await coop.shard.person(who).send(room, text);
      const answer = await waitUntil(
        async () =>
          (await coop.shard.bot().history(room)).find(({ content }) => repliesTo(content) === asked)?.content.body,
        { timeoutMs: 10_000, what: `an answer to ${text}` },
      );
      return String(answer);
    },
  } satisfies Watched;
}

function adminReader(coop: Cooperative) {
  const bot = coop.shard.bot();
  return { userId: bot.userId, history: (room: string) => bot.history(room) };
}

const isStateOf = (room: string, request: string): boolean =>
  request.startsWith('GET ') &&
  (request.includes(`/rooms/${encodeURIComponent(room)}/state`) || request.includes(`/rooms/${room}/state`));

function repliesTo(content: Readonly<Record<string, unknown>>): string | undefined {
  const relates = content['m.relates_to'] as { 'm.in_reply_to'?: { event_id?: string } } | undefined;
  return relates?.['m.in_reply_to']?.event_id;
}

/** Somebody on IRC with an account of the name of their nick, or of another's. */
export async function withAccount(port: number, account: string, channels: readonly string[], nick = account) {
  await registerAccount(port, account);
  return loggedIn(port, account, channels, nick);
}

/** Somebody on IRC with an account that exists. */
export const loggedIn = (port: number, account: string, channels: readonly string[], nick = account) =>
  IrcUser.connect({ port, nick, sasl: { account, password: `pw-${account}` }, channels });

export async function registerAccount(port: number, account: string): Promise<void> {
  const first = await IrcUser.connect({ port, nick: account });
  first.sendLine(`REGISTER * * pw-${account}`);
  await first.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS', {
    what: `the account ${account}`,
  });
  await first.quit();
}
