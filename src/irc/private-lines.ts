import type { NetworkDeletion, NetworkEvent, NetworkMessage, NetworkReaction, NetworkSource } from '../core/events.ts';
import type { NetworkId } from '../core/ids.ts';
import { BatchAssembler, type BatchLimits } from '../core/irc/batch.ts';
import { type Assembled, batchKind } from '../core/irc/batch-parts.ts';
import type { IrcLine } from '../core/irc/line.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { NetworkSink } from '../ports/network.ts';
import type { Dialect } from './dialect.ts';
import type { OwnNames } from './identity.ts';
import { InvitedPeople, type InvitedPeopleTools } from './invited-people.ts';
import { nameLine, type Perspective, readBody, type Spoken, whenSaid } from './listening/reading.ts';
import { readDeletion, readReaction, repliedTo } from './listening/reading-gestures.ts';
import type { Puppet } from './puppets/puppet.ts';

const MESSAGES: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE']);
const GESTURES: ReadonlySet<string> = new Set(['TAGMSG', 'REDACT', 'INVITE']);
/** Lines that are not on disk yet: what comes beyond is lost, for one sender can write faster than a disk. */
const MAX_OPEN = 2_000;
/** Of messages of several lines. Whoever opens more than one at a time says the others line by line. */
const LIMITS: BatchLimits = { maxOpen: 16, maxDepth: 2, maxLines: 1_000, maxChars: 200_000, maxSilentMs: 60_000 };

export type PrivateLinesTools = {
  readonly network: NetworkId;
  readonly dialect: Dialect;
  readonly names: OwnNames;
  readonly sink: Pick<NetworkSink, 'events'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: InvitedPeopleTools['listener'];
};

type PrivateEvent = NetworkMessage | NetworkReaction | NetworkDeletion;

/** What is heard over one connection. */
type Ear = { readonly epoch: string; count: number; readonly assembler: BatchAssembler };

/** What people say to one of our people alone, and do there. */
export class PrivateLines {
  readonly #tools: PrivateLinesTools;
  readonly #ears = new WeakMap<Puppet, Ear>();
  readonly #invited: InvitedPeople;
  #open = 0;
  #connections = 0;

  constructor(tools: PrivateLinesTools) {
    this.#tools = tools;
    const { network, listener, clock } = tools;
    this.#invited = new InvitedPeople({ network, listener, nowMs: () => clock.nowMs() });
  }

  /** @returns whether the line was one of these */
  heard(puppet: Puppet, line: IrcLine): boolean {
    const { params, source, command } = line;
    const isAround = command === 'BATCH';
    if (!isAround && !MESSAGES.has(command) && !GESTURES.has(command)) return false;
    if (source === undefined || !isToThem(puppet, line)) return false;
    const [ref = ''] = params;
    // What is around other things is not for us, and neither is its end.
    if (isAround && ref.startsWith('+') && batchKind(params[1] ?? '') !== 'multiline') return false;
    for (const item of this.#ear(puppet).assembler.push(line, this.#tools.clock.nowMs())) this.#take(puppet, item);
    return true;
  }

  #take(puppet: Puppet, item: Assembled): void {
    const event = item.kind === 'batch' ? undefined : this.#read(puppet, item);
    if (event === undefined) return;
    if (this.#open >= MAX_OPEN) {
      this.#tools.log.warn('a private message was lost: too many wait to be stored');
      return;
    }
    this.#open++;
    void this.#tools.sink.events([event]).finally(() => this.#open--);
  }

  #read(puppet: Puppet, spoken: Spoken): NetworkEvent | undefined {
    const { network, dialect, names, clock } = this.#tools;
    const { link, person } = puppet;
    const { line } = spoken;
    const from = this.#sourceOf(puppet, line);
    if (from === undefined) return undefined;
    if (line.command === 'INVITE') return this.#invited.read(line, from, person.userId);
    const view: Perspective = { network, names, dialect, isupport: link.isupport, nowMs: clock.nowMs() };
    const naming = () => ({ kind: 'live', ...this.#number(puppet) }) as const;
    const by = { channel: from.nick, source: from, own: false };
    const event: PrivateEvent | undefined = MESSAGES.has(line.command)
      ? this.#message(spoken, view, naming(), by)
      : (readReaction(line, view, naming, by) ?? readDeletion(line, view, naming, by));
    return event === undefined ? undefined : { ...event, privatelyTo: person.userId };
  }

  #message(
    { line, ...spoken }: Spoken,
    view: Perspective,
    naming: Parameters<typeof nameLine>[1],
    by: Pick<NetworkMessage, 'channel' | 'source' | 'own'>,
  ): NetworkMessage | undefined {
    const { dialect, network } = view;
    // Who may replace a message that the server does not keep is seen to by nobody.
    if (dialect.tags.edits(line.tags) !== undefined) return undefined;
    const said = readBody(line.command, 'lines' in spoken ? spoken.lines : [line.params[1] ?? '']);
    if (said === undefined) return undefined;
    const timeMs = whenSaid(line, view);
    const replyTo = repliedTo(line.tags);
    return {
      ...{ kind: 'message', network, ...by, key: nameLine(line, naming, timeMs, dialect.isFiled(line)), timeMs },
      replayed: false,
      ...dialect.tags.text(line.tags, said),
      ...dialect.tags.facts(line.tags),
      ...(replyTo !== undefined && { replyTo }),
    };
  }

  /** Who it is, by the server's word; undefined for servers and for ourselves. */
  #sourceOf({ link }: Puppet, line: IrcLine): NetworkSource | undefined {
    const { dialect, names } = this.#tools;
    const from = dialect.sourceOf(line, link.isupport);
    // Without an address it is a server; services are programs that answer commands, and answer us.
    if (from === undefined || line.source?.user === undefined) return undefined;
    if (from.origin === undefined && names.saidByUs(from, from.account)) return undefined;
    // Nobody but the server sets the tag where the connection negotiated it.
    return link.hasCap('account-tag') ? { account: null, ...from } : from;
  }

  /** Names lines without an id: no two connections share one. */
  #number(puppet: Puppet): { readonly epoch: string; readonly number: number } {
    const ear = this.#ear(puppet);
    return { epoch: ear.epoch, number: ++ear.count };
  }

  #ear(puppet: Puppet): Ear {
    const known = this.#ears.get(puppet);
    if (known !== undefined) return known;
    const epoch = `p${this.#tools.clock.nowMs()}-${++this.#connections}`;
    const ear = { epoch, count: 0, assembler: new BatchAssembler(LIMITS) };
    this.#ears.set(puppet, ear);
    // What was begun when the connection was lost is as much as there will be.
    void puppet.closed.then(() => {
      for (const item of ear.assembler.flush()) this.#take(puppet, item);
    });
    return ear;
  }
}

/** To them alone: of several lines it stands where they begin, and their end belongs to that. */
function isToThem({ link }: Puppet, { command, params }: IrcLine): boolean {
  const [first = '', , third] = params;
  return command === 'BATCH' ? first.startsWith('-') || link.isMe(third) : link.isMe(first);
}
