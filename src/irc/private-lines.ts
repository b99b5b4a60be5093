import type { NetworkEvent, NetworkMessage, NetworkSource } from '../core/events.ts';
import type { NetworkId } from '../core/ids.ts';
import type { IrcLine } from '../core/irc/line.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { NetworkSink } from '../ports/network.ts';
import type { Dialect } from './dialect.ts';
import type { OwnNames } from './identity.ts';
import { InvitedPeople, type InvitedPeopleTools } from './invited-people.ts';
import { nameLine, readBody, whenSaid } from './listening/reading.ts';
import type { Puppet } from './puppets/puppet.ts';

const MESSAGES: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE']);
/** Lines that are not on disk yet: what comes beyond is lost, for one sender can write faster than a disk. */
const MAX_OPEN = 2_000;

export type PrivateLinesTools = {
  readonly network: NetworkId;
  readonly dialect: Dialect;
  readonly names: OwnNames;
  readonly sink: Pick<NetworkSink, 'events'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: InvitedPeopleTools['listener'];
};

/** What people say to one of our people alone. */
export class PrivateLines {
  readonly #tools: PrivateLinesTools;
  readonly #epochs = new WeakMap<Puppet, { readonly epoch: string; count: number }>();
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
    const [target = '', body = ''] = params;
    const isInvitation = command === 'INVITE';
    if (!(isInvitation || MESSAGES.has(command)) || source === undefined || !puppet.link.isMe(target)) return false;
    const message = isInvitation ? this.#readInvitation(puppet, line) : this.#read(puppet, line, body);
    if (message === undefined) return true;
    if (this.#open >= MAX_OPEN) {
      this.#tools.log.warn('a private message was lost: too many wait to be stored');
      return true;
    }
    this.#open++;
    void this.#tools.sink.events([message]).finally(() => this.#open--);
    return true;
  }

  #readInvitation(puppet: Puppet, line: IrcLine): NetworkEvent | undefined {
    const from = this.#sourceOf(puppet, line);
    return from === undefined ? undefined : this.#invited.read(line, from, puppet.person.userId);
  }

  /** Undefined for what no person said, or one of ours. */
  #sourceOf({ link }: Puppet, line: IrcLine): NetworkSource | undefined {
    const { dialect, names } = this.#tools;
    const from = dialect.sourceOf(line, link.isupport);
    // Without an address it is a server; services are programs that answer commands, and answer us.
    if (from === undefined || line.source?.user === undefined) return undefined;
    if (from.origin === undefined && names.saidByUs(from, from.account)) return undefined;
    // Nobody but the server sets the tag where the connection negotiated it.
    return link.hasCap('account-tag') ? { account: null, ...from } : from;
  }

  #read(puppet: Puppet, line: IrcLine, body: string): NetworkMessage | undefined {
    const { network, dialect, clock } = this.#tools;
    const { person } = puppet;
    const from = this.#sourceOf(puppet, line);
    if (from === undefined) return undefined;
    // Who may replace a message that the server does not keep is seen to by nobody.
    if (dialect.tags.edits(line.tags) !== undefined) return undefined;
    const said = readBody(line.command, [body]);
    if (said === undefined) return undefined;
    const timeMs = whenSaid(line, { dialect, nowMs: clock.nowMs() });
    return {
      kind: 'message',
      network,
      channel: from.nick,
      key: nameLine(line, { kind: 'live', ...this.#number(puppet) }, timeMs),
      timeMs,
      replayed: false,
      source: from,
      own: false,
      style: said.style,
      lines: said.lines,
      privatelyTo: person.userId,
    };
  }

  /** Names lines without an id: no two connections share one. */
  #number(puppet: Puppet): { readonly epoch: string; readonly number: number } {
    const { clock } = this.#tools;
    const known = this.#epochs.get(puppet) ?? { epoch: `p${clock.nowMs()}-${++this.#connections}`, count: 0 };
    this.#epochs.set(puppet, known);
    return { epoch: known.epoch, number: ++known.count };
  }
}
