import type { NetworkConfig } from '../../config/schema-network.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { OutgoingLine, Person, Receipt, Sending, Voice } from '../../ports/network.ts';
import { holdsOp } from '../guard.ts';
import type { Puppet } from '../puppets/puppet.ts';
import type { Session } from '../session.ts';
import type { Link } from '../wire/link.ts';
import type { Attempts } from './attempts.ts';
import { type Hand, pin, react, redact } from './gestures.ts';
import { invite, setRules } from './moderation.ts';
import { remove } from './removal.ts';
import { type Manner, relayName, relayNick, splitSpeech, utter } from './speech.ts';

/**
 * The voice of a person who has a connection of their own.
 * @param operator the bot's connection, where the bot is an operator of the channel
 */
export function puppetVoice(
  puppet: Puppet,
  channel: string,
  attempts: Attempts,
  nowMs: () => number,
  operator: () => Hand | undefined,
): Voice {
  const manner: Manner = { kind: 'puppet' };
  const hand: Hand = { link: puppet.link, outgoing: puppet.outgoing, userId: puppet.person.userId, channel };
  const isThere = (): boolean => puppet.link.ready && puppet.isIn(channel);
  return {
    id: `puppet:${puppet.person.userId}`,
    split: (text, style) => splitSpeech(puppet.link, channel, text, style, manner),
    ...stamping(puppet.link),
    react: (reaction) => (isThere() ? react(hand, reaction) : Promise.resolve(fail(notThere(channel)))),
    pin: (target, pinned) => (isThere() ? pin(hand, target, pinned) : Promise.resolve(fail(notThere(channel)))),
    setRules: (stance) => (isThere() ? setRules(hand, stance) : Promise.resolve(fail(notThere(channel)))),
    invite: (nick) => (isThere() ? invite(hand, nick) : Promise.resolve(fail(notThere(channel)))),
    remove: (removal) => (isThere() ? remove(hand, removal) : Promise.resolve(fail(notThere(channel)))),
    redact: async (target, reason, ours) => {
      if (!isThere()) return fail(notThere(channel));
      const own = await redact(hand, target, reason);
      // Guests may take nothing back on Ergo, not even what they said: the bot may, as operator.
      const other = own.ok || own.error.retry !== 'never' || !ours ? undefined : operator();
      return other === undefined ? own : await redact(other, target, reason);
    },
    say: (line) => {
      if (!isThere()) return notSaid(notThere(channel));
      if (!puppet.link.ids.takes(line.stamp)) return notSaid(TOO_OLD);
      puppet.usedMs = nowMs();
      return puppet.outgoing.say(
        line.id,
        puppet.person.userId,
        attempts.missing(line, utter(puppet.link, channel, line, manner, puppet.person)),
      );
    },
  };
}

/**
 * The bot speaks for the person: under their nick where the server offers RELAYMSG and lets us, else with their name in front. All of these go
 * over one connection, and so have one id.
 */
export class Relay {
  readonly #config: () => NetworkConfig;
  readonly #attempts: Attempts;
  readonly #nowMs: () => number;
  /** Where RELAYMSG was tried, by connection and channel: whether the server lets us. */
  readonly #tried = new WeakMap<Session, Map<string, { readonly allowed: boolean; readonly atMs: number }>>();

  constructor(config: () => NetworkConfig, attempts: Attempts, nowMs: () => number) {
    this.#config = config;
    this.#attempts = attempts;
    this.#nowMs = nowMs;
  }

  voice(session: Session, person: Person, channel: string): Voice {
    return {
      id: 'bot',
      split: (text, style) => {
        // Short enough for both ways of speaking: which one it will be is known only when the server has answered.
        const [relayed, framed] = [this.#relaymsg(person), this.#framed(session, person, channel)].map((manner) =>
          splitSpeech(session.link, channel, text, style, manner),
        );
        return (relayed?.length ?? 0) > (framed?.length ?? 0) ? (relayed ?? []) : (framed ?? []);
      },
      ...stamping(session.link),
      say: (line) => this.#say(session, person, channel, line),
      isShared: true,
      // An operator's word lets in whom a ban or a key keeps out (Ergo, InspIRCd): that is not the person's to give.
      invite: (nick) =>
        holdsOp(session, channel)
          ? Promise.resolve(fail(noOwnPower(channel)))
          : invite({ ...session, userId: person.userId, channel }, nick),
      // The bot takes back what it said for anybody. It reacts for nobody: whose reaction that is could not be seen.
      redact: async (target, reason, ours) =>
        ours ? redact({ ...session, userId: person.userId, channel }, target, reason) : ok(undefined),
    };
  }

  #say(session: Session, person: Person, channel: string, line: OutgoingLine): Sending {
    if (!session.link.ready) return notSaid(notThere(channel));
    if (!session.link.ids.takes(line.stamp)) return notSaid(TOO_OLD);
    const tried = this.#tried.get(session)?.get(channel);
    const denied = tried?.allowed === false && this.#nowMs() - tried.atMs < DENIED_MS;
    const mayRelay = this.#config().relay.relaymsg === 'auto' && session.link.hasCap('draft/relaymsg') && !denied;
    if (!mayRelay) return this.#speak(session, person, channel, line, this.#framed(session, person, channel));
    const first = this.#speak(session, person, channel, line, this.#relaymsg(person, session));
    const confirmed = this.#orFramed(first, session, person, channel, line);
    // Until it is known whether the server lets us, nothing follows that could overtake a second try.
    return { written: tried?.allowed === true ? first.written : confirmed.then(() => undefined), confirmed };
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
    const allowed = result.ok || !RELAY_DENIALS.has(result.error.code);
    if (result.ok || result.error.code !== 'irc_fail_invalid_nick') this.#note(session, channel, allowed);
    return allowed
      ? result
      : await this.#speak(session, person, channel, line, this.#framed(session, person, channel)).confirmed;
  }

  #note(session: Session, channel: string, allowed: boolean): void {
    const tried = this.#tried.get(session) ?? new Map();
    tried.set(channel, { allowed, atMs: this.#nowMs() });
    this.#tried.set(session, tried);
  }

  #speak(session: Session, person: Person, channel: string, line: OutgoingLine, manner: Manner): Sending {
    return session.outgoing.say(
      line.id,
      person.userId,
      this.#attempts.missing(line, utter(session.link, channel, line, manner, person)),
    );
  }

  #relaymsg(person: Person, session?: Session): Manner {
    const { suffix } = this.#config().relay;
    const separators = session?.link.capValue('draft/relaymsg') || '/';
    const separated = [...suffix].some((char) => separators.includes(char));
    const name = relayName(person);
    return { kind: 'relaymsg', nick: relayNick(name, separated ? suffix : `${separators.charAt(0)}${suffix}`) };
  }

  #framed({ roster }: Session, person: Person, channel: string): Manner {
    const name = relayName(person);
    // Somebody in the channel with this nick is not called by every line of their namesake, who may be they themselves.
    const isTaken = roster.member(channel, name) !== undefined;
    return { kind: 'format', name: isTaken ? unringing(name) : name, format: this.#config().relay.format };
  }
}

/** Looks the same, and is another word to clients that look for their nick. */
const unringing = (name: string): string => {
  const [first = '', ...rest] = name;
  return `${first}\u200b${rest.join('')}`;
};

/** After so long it is tried again: somebody may have made the bot an operator. */
const DENIED_MS = 300_000;

const RELAY_DENIALS: ReadonlySet<string> = new Set([
  'irc_fail_privs_needed',
  'irc_fail_not_enabled',
  'irc_fail_invalid_nick',
  'irc_573',
  'irc_421',
]);

export const notThere = (channel: string): BridgeError => ({
  code: 'irc_not_in_channel',
  text: `The connection to ${channel} on IRC is not there at the moment; the bridge sends as soon as it is.`,
  retry: 'later',
  notify: 'log',
});

const noOwnPower = (channel: string): BridgeError => ({
  code: 'irc_no_own_power',
  text: `You have no connection of your own there, and the bot, an operator of ${channel}, lets nobody in for others. Ask an operator of the channel.`,
  retry: 'never',
  notify: 'sender',
});

/** Nobody would know it again: whether it arrived when it was first said is looked up before it gets another id. */
const TOO_OLD: BridgeError = {
  code: 'irc_id_too_old',
  text: 'A line waited so long that its id is no longer taken; the bridge looks whether it was said, and gives it a new one.',
  retry: 'lookup',
  notify: 'log',
};

export const stamping = ({ ids: { stamp } }: Link): Pick<Voice, 'stamp'> => (stamp === undefined ? {} : { stamp });

export const notSaid = (error: BridgeError): Sending => ({
  written: Promise.resolve(),
  confirmed: Promise.resolve(fail(error)),
});
