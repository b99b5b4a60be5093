import type { NetworkConfig } from '../../config/schema-network.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Person, Voice } from '../../ports/network.ts';
import { holdsOp } from '../guard.ts';
import type { Listener } from '../listening/listener.ts';
import type { Pool } from '../puppets/pool.ts';
import { AWAY } from '../puppets/pool-errors.ts';
import type { Puppet } from '../puppets/puppet.ts';
import type { Timings } from '../wire/timings.ts';
import { within } from '../wire/within.ts';
import type { Attempts } from './attempts.ts';
import type { Hand } from './gestures.ts';
import { puppetVoice, Relay } from './voices.ts';

export type SpeakersTools = {
  readonly config: () => NetworkConfig;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly attempts: Attempts;
  readonly listener: Listener;
  readonly pool: Pool;
};

/** The connection may enter no more channels: the bot speaks for the person in this one. */
const NO_ROOM_FOR_PUPPETS: ReadonlySet<string> = new Set(['irc_405']);

const GATHERING: BridgeError = {
  code: 'irc_gathering',
  text: 'The IRC server was away and keeps nothing for those who come back later; the bridge sends once people are back.',
  retry: 'later',
  notify: 'log',
};

/** What the bridge can write would stand there in clear. */
const encryptedOnly = (channel: string): BridgeError => ({
  code: 'irc_encrypted_only',
  text: `${channel} takes encrypted messages only, which the bridge cannot write; nothing was posted there. Use a client of the network for this channel.`,
  retry: 'never',
  notify: 'sender',
});

/** Which connection speaks for whom. */
export class Speakers {
  readonly #tools: SpeakersTools;
  readonly #relay: Relay;
  /** People who had to go: nobody connects for them ahead of their next word. */
  readonly #evicted = new Set<string>();

  constructor(tools: SpeakersTools) {
    this.#tools = tools;
    this.#relay = new Relay(tools.config, tools.attempts, () => tools.clock.nowMs());
  }

  async voice(person: Person, channel: string): Promise<Result<Voice>> {
    const { clock, config, listener, pool, timings } = this.#tools;
    const { session } = listener;
    this.#evicted.delete(person.userId);
    if (session === undefined) return fail(AWAY);
    const state = listener.joins.get(channel)?.state;
    // The listener comes first: it has to see what is said, and to be the channel's oldest member.
    if (state === 'out' || state === 'asked') return fail({ ...AWAY, code: 'irc_joining' });
    if (listener.gathering.awaits(channel)) return fail(GATHERING);
    if (listener.walls?.of(channel)?.includes('encrypted') === true) return fail(encryptedOnly(channel));
    const relay = () => ok(this.#relay.voice(session, person, channel));
    if (config().puppets.mode === 'relay' || person.relayed === true) return relay();
    const ready = pool.puppetOf(person.userId);
    if (ready?.isIn(channel) === true) return ok(this.#voiceOf(ready, channel));
    const puppet = await within(clock, pool.connect(person), timings.voiceMs);
    if (listener.session !== session || this.#evicted.has(person.userId)) return fail(AWAY);
    if (puppet === undefined || !puppet.ok) return relay();
    const entered = await puppet.value.enter(channel);
    if (entered.ok) return ok(this.#voiceOf(puppet.value, channel));
    return NO_ROOM_FOR_PUPPETS.has(entered.error.code) ? relay() : entered;
  }

  expect(person: Person, channel: string): void {
    const { userId, relayed } = person;
    const { config, listener, pool } = this.#tools;
    if (config().puppets.mode === 'relay' || relayed === true || this.#evicted.has(userId)) return;
    listener.inBackground(
      pool.connect(person).then((puppet) => {
        if (puppet.ok) void puppet.value.enter(channel);
      }),
    );
  }

  async evict(userId: string, reason: string): Promise<void> {
    this.#evicted.add(userId);
    this.#tools.listener.session?.outgoing.drop(userId);
    await this.#tools.pool.evict(userId, reason);
  }

  /** They may not speak in this channel any more, elsewhere perhaps. */
  dismiss(userId: string, channel: string, reason: string): void {
    const { listener, pool } = this.#tools;
    for (const speaking of [listener.session, pool.puppetOf(userId)]) speaking?.outgoing.drop(userId, channel);
    pool.leave(userId, channel, reason);
  }

  #voiceOf(puppet: Puppet, channel: string): Voice {
    const { attempts, clock, listener } = this.#tools;
    const operator = (): Hand | undefined => {
      const { session } = listener;
      if (session === undefined || !holdsOp(session, channel)) return undefined;
      return { link: session.link, outgoing: session.outgoing, userId: puppet.person.userId, channel };
    };
    return puppetVoice(puppet, channel, attempts, () => clock.nowMs(), operator);
  }
}
