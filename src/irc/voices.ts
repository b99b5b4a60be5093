import type { NetworkConfig } from '../config/schema-network.ts';
import { type BridgeError, fail, type Result } from '../core/errors.ts';
import type { OutgoingLine, Person, Receipt, Sending, Voice } from '../ports/network.ts';
import type { Session } from './listener.ts';
import type { PartsArrived } from './parts-arrived.ts';
import type { Puppet } from './puppet.ts';
import { type Manner, relayName, relayNick, splitSpeech, utter } from './speech.ts';

/** The voice of a person who has a connection of their own. */
export function puppetVoice(puppet: Puppet, channel: string, arrived: PartsArrived, nowMs: () => number): Voice {
  const manner: Manner = { kind: 'puppet' };
  return {
    id: `puppet:${puppet.person.userId}`,
    split: (text, style) => splitSpeech(puppet.link, channel, text, style, manner),
    say: (line) => {
      if (!puppet.link.ready || !puppet.isIn(channel)) return notSaid(notThere(channel));
      puppet.usedMs = nowMs();
      return puppet.outgoing.say(line.id, arrived.missing(line.id, utter(puppet.link, channel, line, manner)));
    },
  };
}

/**
 * The bot speaks for the person: under their nick where the server offers RELAYMSG and lets us, else with their name in front. All of these go
 * over one connection, and so have one id.
 */
export class Relay {
  readonly #config: () => NetworkConfig;
  readonly #arrived: PartsArrived;
  /** Connections on which RELAYMSG was refused to us. */
  readonly #denied = new WeakSet<Session>();

  constructor(config: () => NetworkConfig, arrived: PartsArrived) {
    this.#config = config;
    this.#arrived = arrived;
  }

  voice(session: Session, person: Person, channel: string): Voice {
    return {
      id: 'bot',
      split: (text, style) => {
        // Short enough for both ways of speaking: which one it will be is known only when the server has answered.
        const [relayed, framed] = [this.#relaymsg(person), this.#framed(person)].map((manner) =>
          splitSpeech(session.link, channel, text, style, manner),
        );
        return (relayed?.length ?? 0) > (framed?.length ?? 0) ? (relayed ?? []) : (framed ?? []);
      },
      say: (line) => this.#say(session, person, channel, line),
    };
  }

  #say(session: Session, person: Person, channel: string, line: OutgoingLine): Sending {
    if (!session.link.ready) return notSaid(notThere(channel));
    const { relaymsg } = this.#config().relay;
    const mayRelay = relaymsg === 'auto' && session.link.hasCap('draft/relaymsg') && !this.#denied.has(session);
    if (!mayRelay) return this.#speak(session, channel, line, this.#framed(person));
    const first = this.#speak(session, channel, line, this.#relaymsg(person, session));
    return { written: first.written, confirmed: this.#orFramed(first, session, person, channel, line) };
  }

  /** Says it again in the other manner where the server does not let us speak under other nicks. */
  async #orFramed(
    first: Sending,
    session: Session,
    person: Person,
    channel: string,
    line: OutgoingLine,
  ): Promise<Result<Receipt>> {
    const result = await first.confirmed;
    if (result.ok || !RELAY_DENIALS.has(result.error.code)) return result;
    if (result.error.code !== 'irc_fail_invalid_nick') this.#denied.add(session);
    return await this.#speak(session, channel, line, this.#framed(person)).confirmed;
  }

  #speak(session: Session, channel: string, line: OutgoingLine, manner: Manner): Sending {
    return session.outgoing.say(line.id, this.#arrived.missing(line.id, utter(session.link, channel, line, manner)));
  }

  #relaymsg(person: Person, session?: Session): Manner {
    const { suffix } = this.#config().relay;
    const separators = session?.link.capValue('draft/relaymsg') || '/';
    const separated = [...suffix].some((char) => separators.includes(char));
    const name = relayName(person.displayName, person.userId);
    return { kind: 'relaymsg', nick: relayNick(name, separated ? suffix : `${separators.charAt(0)}${suffix}`) };
  }

  #framed(person: Person): Manner {
    return { kind: 'format', name: relayName(person.displayName, person.userId), format: this.#config().relay.format };
  }
}

const RELAY_DENIALS: ReadonlySet<string> = new Set([
  'irc_fail_privs_needed',
  'irc_fail_not_enabled',
  'irc_fail_invalid_nick',
  'irc_573',
  'irc_421',
]);

const notThere = (channel: string): BridgeError => ({
  code: 'irc_not_in_channel',
  text: `The connection to ${channel} on IRC is not there at the moment; the bridge sends as soon as it is.`,
  retry: 'later',
  notify: 'log',
});

const notSaid = (error: BridgeError): Sending => ({
  written: Promise.resolve(),
  confirmed: Promise.resolve(fail(error)),
});
