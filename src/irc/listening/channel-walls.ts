import type { NetworkWalls } from '../../core/events.ts';
import { keyFromLine, type NetworkId } from '../../core/ids.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { ModeChange } from '../../core/irc/modes.ts';
import type { Wall } from '../../core/room/walls.ts';
import type { Session } from '../session.ts';
import { makeEpoch } from '../wire/link.ts';

/** What is known of one channel. A part that is undefined was not heard yet. */
type Known = {
  readonly channel: string;
  byMode: ReadonlySet<Wall> | undefined;
  policy: boolean | undefined;
  told: string | undefined;
  /** When its policy was last asked for. */
  askedMs: number;
};

export type ChannelWallsTools = {
  readonly network: NetworkId;
  readonly nowMs: () => number;
  /** How often it is asked for policies. */
  readonly policyMs: number;
  readonly tell: (event: NetworkWalls) => void;
};

const BY_MODE: ReadonlyMap<string, Wall> = new Map([
  ['i', 'invited'],
  ['k', 'key'],
  ['E', 'encrypted'],
]);
const BY_REFUSAL: ReadonlyMap<string, Wall> = new Map([
  ['473', 'invited'],
  ['475', 'key'],
  ['477', 'policy'],
]);

/**
 * What keeps people out of the listener's channels: by their modes, by a policy, or by having kept us out. A channel is told to be open
 * only when all of it was heard.
 */
export class ChannelWalls {
  readonly #tools: ChannelWallsTools;
  readonly #epoch = makeEpoch();
  readonly #known = new Map<string, Known>();
  #events = 0;

  constructor(tools: ChannelWallsTools) {
    this.#tools = tools;
  }

  /** Undefined: not known yet. */
  of(channel: string): readonly Wall[] | undefined {
    const known = this.#known.get(channel.toLowerCase());
    return known === undefined ? undefined : wallsOf(known);
  }

  /** The listener came in. */
  ask(session: Session, channel: string): Promise<void> {
    return this.#ask(session, this.#of(channel), [{ command: 'MODE', params: [channel] }, policyOf(channel)]);
  }

  /** That a channel has got a policy is told to nobody who is in it: it has to be asked for now and then, one channel at a time. */
  tick(session: Session, nowMs: number): void {
    const due = [...this.#known.values()].find(({ askedMs }) => nowMs - askedMs > this.#tools.policyMs);
    if (due !== undefined) void this.#ask(session, due, [policyOf(due.channel)]);
  }

  async #ask(session: Session, known: Known, lines: readonly OutgoingLine[]): Promise<void> {
    known.askedMs = this.#tools.nowMs();
    const { channel } = known;
    const heard = await session.errands.run(lines);
    if (!heard.ok) return;
    for (const line of heard.value) {
      known.byMode = modesIn(line, channel) ?? known.byMode;
      known.policy = policyIn(line, channel) ?? known.policy;
    }
    this.#tell(channel, known);
  }

  /** Modes of the channel were changed. */
  changed(channel: string, changes: readonly ModeChange[]): void {
    const known = this.#of(channel);
    if (known.byMode === undefined) return;
    const walls = new Set(known.byMode);
    for (const { sign, letter } of changes) {
      const wall = BY_MODE.get(letter);
      if (wall !== undefined && sign === '+') walls.add(wall);
      else if (wall !== undefined) walls.delete(wall);
    }
    known.byMode = walls;
    this.#tell(channel, known);
  }

  /** The listener, or somebody of ours, was kept out. @param numeric the server's answer to its JOIN */
  refused(channel: string, numeric: string): void {
    const wall = BY_REFUSAL.get(numeric);
    if (wall === undefined) return;
    const known = this.#of(channel);
    if (wall === 'policy') known.policy = true;
    else known.byMode = new Set([...(known.byMode ?? []), wall]);
    this.#tell(channel, known);
  }

  #of(channel: string): Known {
    const folded = channel.toLowerCase();
    const known = this.#known.get(folded) ?? {
      ...{ channel, byMode: undefined, policy: undefined, told: undefined },
      askedMs: this.#tools.nowMs(),
    };
    this.#known.set(folded, known);
    return known;
  }

  #tell(channel: string, known: Known): void {
    const walls = wallsOf(known);
    const told = walls?.join();
    if (walls === undefined || told === known.told) return;
    known.told = told;
    const { network, nowMs, tell } = this.#tools;
    const key = keyFromLine(this.#epoch, ++this.#events);
    tell({ kind: 'walls', network, channel, key, timeMs: nowMs(), replayed: false, walls });
  }
}

/** By the name under which the server files it: of another spelling it says that there is none. */
const policyOf = (channel: string): OutgoingLine => ({ command: 'POLICY', params: [channel.toLowerCase(), 'INFO'] });

/** One wall is enough to know; that there is none takes everything. */
function wallsOf({ byMode, policy }: Known): readonly Wall[] | undefined {
  const walls: Wall[] = [...(byMode ?? []), ...(policy === true ? (['policy'] as const) : [])];
  return walls.length > 0 || (byMode !== undefined && policy !== undefined) ? walls.sort() : undefined;
}

/** `324 me #c +ntk` */
function modesIn({ command, params }: IrcLine, channel: string): ReadonlySet<Wall> | undefined {
  const [, of = '', modes = ''] = params;
  if (command !== '324' || of.toLowerCase() !== channel.toLowerCase()) return undefined;
  return new Set([...modes].flatMap((letter) => BY_MODE.get(letter) ?? []));
}

/** The server says it in notices; one that knows no policies does not know the command. */
function policyIn({ command, params, source, tags }: IrcLine, channel: string): boolean | undefined {
  if (command === '421' && params.includes('POLICY')) return false;
  const text = params.at(-1) ?? '';
  if (command !== 'NOTICE' || source?.host !== undefined || tags.has('msgid')) return undefined;
  if (text === 'Policy framework is not enabled on this server') return false;
  if (text.toLowerCase() === `${channel.toLowerCase()} has no policy (open join)`) return false;
  if (text.startsWith('Policy error:')) return true;
  return text.toLowerCase() === `policy for ${channel.toLowerCase()}:` ? true : undefined;
}
