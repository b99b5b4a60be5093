import type { NetworkWalls } from '../../core/events.ts';
import { keyFromLine, type NetworkId } from '../../core/ids.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { ModeChange } from '../../core/irc/modes.ts';
import { type Bucket, type BucketRules, fullBucket, takeTokens } from '../../core/pace.ts';
import type { ChannelRules } from '../../core/room/channel-rules.ts';
import type { Wall } from '../../core/room/walls.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Session } from '../session.ts';
import { makeEpoch } from '../wire/link.ts';

/** What is known of one channel. A part that is undefined was not heard yet. */
type Known = {
  readonly channel: string;
  byMode: ReadonlySet<Wall> | undefined;
  policy: boolean | undefined;
  /** Letters of {@link RULES} that are set. */
  rules: ReadonlySet<string> | undefined;
  told: string | undefined;
  /** Since when something waits to be told, and what takes that back. */
  waiting: { readonly sinceMs: number; cancel: () => void } | undefined;
  /** What of {@link PACE} is left. */
  bucket: Bucket | undefined;
  /** When its policy was last asked for. */
  askedMs: number;
};

/** How a channel stands, otherwise than was told. */
type News = { readonly walls: readonly Wall[]; readonly rules: ChannelRules | undefined; readonly told: string };

export type ChannelWallsTools = {
  readonly network: NetworkId;
  readonly clock: Clock;
  /** How often it is asked for policies. */
  readonly policyMs: number;
  readonly tell: (event: NetworkWalls) => void;
  /** Modes that keep people out. */
  readonly walls: ReadonlyMap<string, Wall>;
  /** Whether channels have policies beside their modes. */
  readonly hasPolicies: boolean;
  /** How long changes are gathered before they are told; 0: each is told at once. */
  readonly settleMs: number;
  /** Who may speak in a moderated channel; undefined while the list of names is not there. */
  readonly speakers: (channel: string) => Pick<ChannelRules, 'users' | 'others'> | undefined;
  /** Our bot speaks for everybody there, and may. */
  readonly isHeardForAll: (channel: string) => boolean;
};

/** Changes without end are told so often all the same. */
const MOST_SETTLES = 5;
/** Each is an event in the room. An operator who changes modes to and fro for ever makes six a minute; how it stands in the end is told in any case. */
const PACE: BucketRules = { burst: 20, refillMs: 10_000 };
const MODERATED = 'm';
const TOPIC_LOCKED = 't';
const RULES = [MODERATED, TOPIC_LOCKED];
const BY_REFUSAL: ReadonlyMap<string, string> = new Map([
  ['473', 'i'],
  ['475', 'k'],
]);
const POLICY_REFUSAL = '477';

/**
 * What the modes of the listener's channels say of people: who is kept out (by modes, by a policy, or since we were kept out), who may speak,
 * who changes the topic. A channel is told to be open only when all of it was heard.
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
    return known === undefined ? undefined : this.#wallsOf(known);
  }

  /** The listener came in. */
  async ask(session: Session, channel: string): Promise<void> {
    session.modes.add(channel, this.#tools.clock.nowMs());
    if (this.#tools.hasPolicies) await this.#askPolicy(session, this.#of(channel));
  }

  /** That a channel has got a policy is told to nobody who is in it: it has to be asked for now and then, one channel at a time. */
  tick(session: Session, nowMs: number): void {
    const { hasPolicies, policyMs } = this.#tools;
    const due = hasPolicies ? [...this.#known.values()].find(({ askedMs }) => nowMs - askedMs > policyMs) : undefined;
    if (due !== undefined) void this.#askPolicy(session, due);
  }

  async #askPolicy(session: Session, known: Known): Promise<void> {
    known.askedMs = this.#tools.clock.nowMs();
    const { channel } = known;
    const heard = await session.errands.run([policyOf(channel)]);
    if (!heard.ok) return;
    for (const line of heard.value) known.policy = policyIn(line, channel) ?? known.policy;
    this.#tellSoon(known);
  }

  /** @param letters all modes of the channel, as 324 has them */
  are(channel: string, letters: string): void {
    const known = this.#of(channel);
    known.byMode = new Set([...letters].flatMap((letter) => this.#tools.walls.get(letter) ?? []));
    known.rules = new Set([...letters].filter((letter) => RULES.includes(letter)));
    this.#tellSoon(known);
  }

  /** Modes of the channel, or of people in it, were changed. */
  changed(channel: string, changes: readonly ModeChange[]): void {
    const known = this.#of(channel);
    if (known.byMode === undefined || known.rules === undefined) return;
    const walls = new Set(known.byMode);
    const rules = new Set(known.rules);
    for (const { sign, letter } of changes) {
      const wall = this.#tools.walls.get(letter);
      if (wall !== undefined && sign === '+') walls.add(wall);
      else if (wall !== undefined) walls.delete(wall);
      if (sign === '-') rules.delete(letter);
      else if (RULES.includes(letter)) rules.add(letter);
    }
    known.byMode = walls;
    known.rules = rules;
    this.#tellSoon(known);
  }

  /** Who is who in a channel may have changed. */
  peopleChanged(channel: string): void {
    const known = this.#known.get(channel.toLowerCase());
    if (known !== undefined) this.#speakersChanged(known);
  }

  /** Somebody left channels, and what they held there with them. */
  peopleMoved(): void {
    for (const known of this.#known.values()) this.#speakersChanged(known);
  }

  #speakersChanged(known: Known): void {
    if (known.rules?.has(MODERATED) === true) this.#tellSoon(known);
  }

  /** The channel is linked no longer: where it is again, all of it is news. */
  forget(channel: string): void {
    const folded = channel.toLowerCase();
    this.#known.get(folded)?.waiting?.cancel();
    this.#known.delete(folded);
  }

  /**
   * The listener, or somebody of ours, was kept out.
   * @param numeric the server's answer to its JOIN
   * @param inside the listener's connection, where that is in the channel: it may have heard since that the wall is gone, and asks
   */
  refused(channel: string, numeric: string, inside?: Session): void {
    const wall = this.#tools.walls.get(BY_REFUSAL.get(numeric) ?? '');
    const byPolicy = numeric === POLICY_REFUSAL && this.#tools.hasPolicies;
    if (wall === undefined && !byPolicy) return;
    const known = this.#of(channel);
    if (byPolicy) known.policy = true;
    if (wall !== undefined && known.byMode?.has(wall) !== true)
      inside?.modes.add(known.channel, this.#tools.clock.nowMs());
    if (wall !== undefined) known.byMode = new Set([...(known.byMode ?? []), wall]);
    this.#tellSoon(known);
  }

  #of(channel: string): Known {
    const folded = channel.toLowerCase();
    const policy = this.#tools.hasPolicies ? undefined : false;
    const known: Known = this.#known.get(folded) ?? {
      ...{
        channel,
        byMode: undefined,
        policy,
        rules: undefined,
        told: undefined,
        waiting: undefined,
        bucket: undefined,
      },
      askedMs: this.#tools.clock.nowMs(),
    };
    this.#known.set(folded, known);
    return known;
  }

  /** A hundred changes of a second are one. */
  #tellSoon(known: Known): void {
    const { clock, settleMs } = this.#tools;
    if (settleMs === 0) {
      const news = this.#newsOf(known);
      if (news !== undefined) this.#tell(known, news);
      return;
    }
    const nowMs = clock.nowMs();
    const sinceMs = known.waiting?.sinceMs ?? nowMs;
    if (nowMs - sinceMs >= MOST_SETTLES * settleMs) return;
    known.waiting?.cancel();
    known.waiting = { sinceMs, cancel: clock.after(settleMs, () => this.#settled(known)) };
  }

  #settled(known: Known): void {
    const { clock } = this.#tools;
    const nowMs = clock.nowMs();
    known.waiting = undefined;
    const news = this.#newsOf(known);
    if (news === undefined) return;
    const { bucket, waitMs } = takeTokens(known.bucket ?? fullBucket(PACE, nowMs), PACE, nowMs);
    known.bucket = bucket;
    if (waitMs === 0) this.#tell(known, news);
    // So long ago that whatever changes meanwhile is told with it, and puts it off no further.
    else known.waiting = { sinceMs: Number.NEGATIVE_INFINITY, cancel: clock.after(waitMs, () => this.#settled(known)) };
  }

  #newsOf(known: Known): News | undefined {
    const walls = this.#wallsOf(known);
    const rules = this.#rulesOf(known);
    const told = JSON.stringify([walls, rules]);
    return walls === undefined || told === known.told ? undefined : { walls, rules, told };
  }

  #tell(known: Known, { walls, rules, told }: News): void {
    const { channel } = known;
    const { network, clock, tell } = this.#tools;
    known.told = told;
    const key = keyFromLine(this.#epoch, ++this.#events);
    const said = rules === undefined ? {} : { rules };
    tell({ kind: 'walls', network, channel, key, timeMs: clock.nowMs(), replayed: false, walls, ...said });
  }

  /** One wall is enough to know; that there is none takes everything. */
  #wallsOf({ byMode, policy }: Known): readonly Wall[] | undefined {
    const walls: Wall[] = [...(byMode ?? []), ...(policy === true ? (['policy'] as const) : [])];
    return walls.length > 0 || (byMode !== undefined && policy !== undefined) ? walls.sort() : undefined;
  }

  #rulesOf({ rules, channel }: Known): ChannelRules | undefined {
    if (rules === undefined) return undefined;
    const moderated = rules.has(MODERATED) && !this.#tools.isHeardForAll(channel);
    const speakers = moderated ? this.#tools.speakers(channel) : NOBODY;
    return speakers && { moderated, topicLocked: rules.has(TOPIC_LOCKED), ...speakers };
  }
}

/** By the name under which the server files it: of another spelling it says that there is none. */
const policyOf = (channel: string): OutgoingLine => ({ command: 'POLICY', params: [channel.toLowerCase(), 'INFO'] });

const NOBODY: Pick<ChannelRules, 'users' | 'others'> = { users: [], others: [] };

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
