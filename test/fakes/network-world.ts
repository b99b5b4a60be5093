import { systemClock } from '../../src/clock.ts';
import { type NetworkConfig, networkSchema } from '../../src/config/schema-network.ts';
import type { Result } from '../../src/core/errors.ts';
import type { NetworkEvent, NetworkMessage, NetworkSource } from '../../src/core/events.ts';
import { keyOfNamedReaction, type MessageKey } from '../../src/core/ids.ts';
import { type IrcNetwork, makeIrcNetwork } from '../../src/irc/network.ts';
import type { Timings } from '../../src/irc/wire/timings.ts';
import type { FailpointName } from '../../src/ports/failpoint.ts';
import type { Log } from '../../src/ports/log.ts';
import type {
  Heard,
  NetworkSink,
  OutgoingLine,
  Person,
  Receipt,
  ResumePoint,
  RosterChange,
  RosterEntry,
} from '../../src/ports/network.ts';
import { waitUntil } from '../../src/sandbox/people/wait.ts';

export type Settings = {
  readonly port: number;
  readonly channels?: readonly string[];
  /** Laid over the network's section of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly timings?: Partial<Timings>;
  /** What an earlier process left. */
  readonly memory?: Memory;
};

export type Puppet = { userId: string; nick: string; account: string | null; prefix: string | null };

/** What the app would have on disk: outlives a {@link NetworkWorld}. */
export class Memory {
  readonly events: NetworkEvent[] = [];
  readonly keys = new Set<MessageKey>();
  readonly sent = new Set<MessageKey>();
  readonly puppets = new Map<string, Puppet>();
  heard: Heard | undefined;
}

export const person = (name: string): Person => ({
  userId: `@${name.toLowerCase()}:willow.example`,
  displayName: name,
});

/** An IRC network of ours with an app of few words around it: it stores, and counts. */
export class NetworkWorld implements NetworkSink {
  readonly memory: Memory;
  readonly network: IrcNetwork;
  readonly logged: string[] = [];
  readonly rosterChanges: Array<{ readonly channel: string; readonly change: RosterChange }> = [];
  readonly visited: FailpointName[] = [];
  readonly typings: string[] = [];
  /** What people asked the bot in private, with the account that the server vouched for. */
  readonly questions: string[] = [];
  /** What the bot says to whatever it is asked. */
  answer = '';
  changes = 0;
  /** While set, nothing reaches the disk. */
  stalled: Promise<void> | undefined;
  #lines = 0;

  constructor({ port, channels = ['#commons'], config = {}, timings, memory = new Memory() }: Settings) {
    this.memory = memory;
    this.network = makeIrcNetwork({
      config: networkConfig(port, config),
      clock: systemClock,
      log: this.#log(),
      failpoint: (name) => this.visited.push(name),
      timings: { tickMs: 20, ...timings },
    });
    this.network.setChannels(channels.map((channel) => ({ channel })));
    this.network.start(this);
  }

  async events(events: readonly NetworkEvent[]): Promise<void> {
    await this.stalled;
    for (const event of events) {
      if (this.memory.keys.has(event.key)) continue;
      this.memory.keys.add(event.key);
      this.memory.events.push(event);
    }
  }

  async heardUntil(heard: Heard): Promise<void> {
    this.memory.heard = heard;
  }

  async heardBefore(): Promise<Heard | undefined> {
    return this.memory.heard;
  }

  async resumePoint(channel: string): Promise<ResumePoint | undefined> {
    const last = this.memory.events.filter((event) => event.channel === channel && event.kind === 'message').at(-1);
    return last === undefined ? undefined : { timeMs: last.timeMs, key: last.key };
  }

  async knownKeys(keys: readonly MessageKey[]) {
    return {
      received: new Set(keys.filter((key) => this.memory.keys.has(key))),
      sent: new Set(keys.filter((key) => this.memory.sent.has(key))),
    };
  }

  async linkedSince(channel: string): Promise<readonly MessageKey[]> {
    const reactions = new Map<MessageKey, boolean>();
    for (const event of this.memory.events)
      if (event.kind === 'reaction' && event.channel === channel)
        reactions.set(keyOfNamedReaction(event.target, event.emoji, event.source.nick), event.removed);
    const there = [...reactions].flatMap(([key, removed]) => (removed ? [] : [key]));
    return [...this.messages(channel).map(({ key }) => key), ...this.memory.sent, ...there];
  }

  asked({ nick, account }: RosterEntry, text: string): Promise<string> {
    this.questions.push(`${nick} (${account}): ${text}`);
    return Promise.resolve(this.answer);
  }

  typing(_channel: string, { nick }: NetworkSource, active: boolean): void {
    this.typings.push(`${nick} ${active ? 'active' : 'done'}`);
  }

  roster(channel: string, change: RosterChange): void {
    this.rosterChanges.push({ channel, change });
  }

  puppetSeen(puppet: Puppet): void {
    this.memory.puppets.set(puppet.userId, puppet);
  }

  async puppetsBefore(): Promise<readonly Puppet[]> {
    return [...this.memory.puppets.values()];
  }

  changed(): void {
    this.changes++;
  }

  /** Messages of others, as `nick: text`. */
  heard(channel = '#commons'): readonly string[] {
    return this.messages(channel)
      .filter(({ own }) => !own)
      .flatMap(({ source, lines }) => lines.map((line) => `${source.nick}: ${line}`));
  }

  messages(channel = '#commons'): readonly NetworkMessage[] {
    return this.memory.events.filter(
      (event): event is NetworkMessage => event.kind === 'message' && event.channel === channel,
    );
  }

  async listening(channel = '#commons', timeoutMs = 10_000): Promise<void> {
    await waitUntil(() => this.network.status().channels.get(channel)?.joined === true, {
      what: `the listener in ${channel}; ${this.network.status().problem}`,
      timeoutMs,
    });
  }

  async hears(line: string, timeoutMs = 10_000): Promise<void> {
    await waitUntil(() => this.heard().includes(line), { what: `${line} in ${this.heard().join(' | ')}`, timeoutMs });
  }

  /** Says a line as the app would: again when told to, looked up when in doubt. */
  async say(
    who: Person,
    text: string,
    channel = '#commons',
    style: OutgoingLine['style'] = 'text',
  ): Promise<Result<Receipt>> {
    const id = `l${++this.#lines}-${who.userId}`;
    let stamp: string | undefined;
    for (let tries = 0; ; tries++) {
      const voice = await this.network.voice(who, channel);
      if (!voice.ok && (voice.error.retry !== 'later' || tries > 200)) return voice;
      if (voice.ok) {
        stamp = voice.value.stamp?.(stamp);
        const line = { id, style, parts: voice.value.split(text, style), ...(stamp !== undefined && { stamp }) };
        const sinceMs = Date.now();
        const result = await voice.value.say(line).confirmed;
        if (result.ok) for (const key of result.value.keys) this.memory.sent.add(key);
        if (result.ok || result.error.retry === 'never') return result;
        if (result.error.retry === 'lookup') {
          const found = await this.lookUp(who, line, sinceMs, channel);
          if (typeof found === 'object') return { ok: true, value: found };
        }
      }
      const changes = this.changes;
      await waitUntil(() => this.changes > changes, { timeoutMs: 50 }).catch(() => undefined);
    }
  }

  async lookUp(who: Person, line: OutgoingLine, sinceMs: number, channel = '#commons') {
    for (let tries = 0; tries < 100; tries++) {
      const up = await waitUntil(() => this.network.status().channels.get(channel)?.joined === true, {
        timeoutMs: 10_000,
      });
      if (!up) continue;
      const answer = (await this.network.lookup(channel, who.userId, [line], sinceMs)).get(line.id);
      if (answer !== undefined) return answer;
    }
    return 'unknown';
  }

  #log(): Log {
    const write = (level: string) => (message: string, fields?: object) => {
      this.logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    };
    const log: Log = {
      error: write('error'),
      warn: write('warn'),
      info: write('info'),
      debug: write('debug'),
      with: () => log,
    };
    return log;
  }
}

export function networkConfig(port: number, more: Readonly<Record<string, unknown>>): NetworkConfig {
  return networkSchema.parse({
    id: 'home',
    server: { host: '127.0.0.1', port, tls: false },
    bot: { nick: 'causeway' },
    ...more,
  });
}
