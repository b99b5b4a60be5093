import type { NetworkConfig } from '../../config/schema-network.ts';
import { isSamePerson, type Peer } from '../../core/direct.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Found, Person, PrivateSpeech as Port, Voice } from '../../ports/network.ts';
import type { OwnNames } from '../identity.ts';
import { findPerson } from '../listening/find-person.ts';
import type { Listener } from '../listening/listener.ts';
import type { Pool } from '../puppets/pool.ts';
import { AWAY } from '../puppets/pool-errors.ts';
import type { Puppet } from '../puppets/puppet.ts';
import type { Timings } from '../wire/timings.ts';
import { within } from '../wire/within.ts';
import type { Attempts } from './attempts.ts';
import { type Hand, react, redact } from './gestures.ts';
import { splitSpeech, utter } from './speech.ts';
import { notSaid, notThere, stamping } from './voices.ts';

export type PrivateSpeechTools = {
  readonly config: () => NetworkConfig;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly attempts: Attempts;
  readonly names: OwnNames;
  readonly listener: () => Listener | undefined;
  readonly pool: () => Pool | undefined;
};

/** Says things to one person alone, after a look at who they are now: at each line anew, for a nick changes hands in a moment. */
export class PrivateSpeech implements Port {
  readonly #tools: PrivateSpeechTools;

  constructor(tools: PrivateSpeechTools) {
    this.#tools = tools;
  }

  async find(nick: string): Promise<Result<Found>> {
    const session = this.#tools.listener()?.session;
    return session === undefined ? fail(AWAY) : findPerson(session, this.#tools.names, nick);
  }

  async voice(person: Person, peer: Peer): Promise<Result<Voice>> {
    const { config, clock, timings } = this.#tools;
    const [pool, session] = [this.#tools.pool(), this.#tools.listener()?.session];
    if (pool === undefined || session === undefined) return fail(AWAY);
    if (config().puppets.mode === 'relay' || person.relayed === true) return fail(NO_CONNECTION);
    const puppet = await within(clock, pool.connect(person), timings.voiceMs);
    if (puppet === undefined) return fail(AWAY);
    if (!puppet.ok) return fail(puppet.error);
    const nick = await this.#nickOf(peer);
    return nick.ok ? ok(this.#voiceTo(puppet.value, nick.value)) : nick;
  }

  /** What they are called now, by the server's word of this moment. */
  async #nickOf(peer: Peer): Promise<Result<string>> {
    let answer: Result<string> = fail(gone(peer));
    for (const nick of this.#candidates(peer)) {
      const found = await this.find(nick);
      if (!found.ok && found.error.retry !== 'never') return found;
      if (!found.ok) continue;
      const { own, source } = found.value;
      if (!own && isSamePerson(peer, source, (name) => this.#tools.names.fold(name))) return ok(source.nick);
      answer = fail(somebodyElse(peer));
    }
    return !answer.ok && this.#isGathering() ? fail(GATHERING) : answer;
  }

  /** Right after the server was away nobody's client is back as quickly as we are: that somebody is not there says nothing yet. */
  #isGathering(): boolean {
    const { clock, timings } = this.#tools;
    const { session, reconnects = 0 } = this.#tools.listener() ?? {};
    return reconnects > 0 && session !== undefined && clock.nowMs() - session.readyMs < timings.gatherMs;
  }

  /** Nicks that they may have: whoever shares a channel with the bot under their account, then the last one known. */
  #candidates({ subject, nick }: Peer): readonly string[] {
    const { names } = this.#tools;
    const session = this.#tools.listener()?.session;
    const here = subject.kind === 'account' ? session?.roster.nicksOf(subject.name) : undefined;
    return [...new Map([...(here ?? []), nick].map((each) => [names.fold(each), each])).values()].slice(0, 4);
  }

  #voiceTo(puppet: Puppet, nick: string): Voice {
    const { attempts, clock } = this.#tools;
    const manner = { kind: 'puppet' } as const;
    const { link, person, outgoing } = puppet;
    const hand: Hand = { link, outgoing, userId: person.userId, channel: nick };
    const changes = link.dialect.gestures.changesInPrivate(link);
    const done = (act: () => Promise<Result<void>>): Promise<Result<void>> =>
      link.ready ? act() : Promise.resolve(fail(notThere(nick)));
    return {
      id: `puppet:${person.userId}`,
      powers: { repliesShown: true, ...(changes ? {} : { edits: false }) },
      split: (text, style) => splitSpeech(link, nick, text, style, manner),
      ...stamping(link),
      ...(changes && {
        react: (reaction) => done(() => react(hand, reaction)),
        // What the other said is theirs.
        redact: (target, reason, ours) => done(async () => (ours ? redact(hand, target, reason) : ok(undefined))),
      }),
      say: (line) => {
        if (!link.ready) return notSaid(notThere(nick));
        puppet.usedMs = clock.nowMs();
        const utterances = utter(link, nick, line, manner, person);
        return outgoing.say(line.id, person.userId, attempts.missing(line, utterances));
      },
    };
  }
}

const NO_CONNECTION: BridgeError = {
  code: 'irc_private_relay',
  text: 'You have no connection of your own to this network, and the bot does not speak for people in private.',
  retry: 'never',
  notify: 'sender',
};

const GATHERING: BridgeError = {
  code: 'irc_gathering',
  text: 'The IRC server was away, and they are not back yet; the bridge looks for them again in a moment.',
  retry: 'later',
  notify: 'log',
};

const gone = ({ nick }: Peer): BridgeError => ({
  code: 'irc_401',
  text: `${nick} is not there now. Nothing was kept: write again when they are back.`,
  retry: 'never',
  notify: 'sender',
});

const somebodyElse = ({ nick, subject }: Peer): BridgeError => ({
  code: 'irc_somebody_else',
  text:
    subject.kind === 'account'
      ? `Whoever is called ${nick} now is not logged in to the account ${subject.name}. Nothing was sent to them.`
      : `The name ${nick} is in other hands now, or its bearer comes from elsewhere. Nothing was sent to them. \`!causeway query ${nick}\` opens a room with whoever has it now.`,
  retry: 'never',
  notify: 'sender',
});
