import { createHash } from 'node:crypto';
import type { NetworkConfig } from '../../config/schema-network.ts';
import { ok, type Result } from '../../core/errors.ts';
import { FREEQ_ISUPPORT, FREEQ_LISTENER_CAPS, FREEQ_PUPPET_CAPS } from '../../core/freeq/freeq-facts.ts';
import { ulidTimeMs } from '../../core/freeq/ulid.ts';
import { freeqSource } from '../../core/identity/freeq-evidence.ts';
import { nextNickCandidate } from '../../core/irc/nick.ts';
import type { Dialect } from '../dialect.ts';
import { identOf } from '../introductions.ts';
import { nicksFor, realnameOf } from '../puppet-name.ts';
import { ChallengeLogin } from './challenge-login.ts';
import { type KeyOwner, Keys } from './keys.ts';
import { freeqMint } from './minting.ts';
import { WindowThrottle } from './window-throttle.ts';

const BOT: KeyOwner = 'bot';

/** What the adapter for IRC has to know to speak with freeq, as a client of it. Facts: docs/freeq.md. */
export function makeFreeqDialect({ freeq }: NetworkConfig): Dialect {
  const keys = freeq?.login === 'key' ? new Keys(freeq.keys, keyFileName) : undefined;
  const login = (owner: KeyOwner): Result<ChallengeLogin | undefined> => {
    if (keys === undefined) return ok(undefined);
    const identity = keys.of(owner);
    return identity.ok ? ok(new ChallengeLogin(identity.value)) : identity;
  };
  return {
    isupport: FREEQ_ISUPPORT,
    listenerCaps: FREEQ_LISTENER_CAPS,
    puppetCaps: FREEQ_PUPPET_CAPS,
    // Channels of before are entered again by the server between 001 and the answer to our PING, some even before 001.
    readyOn: new Set(['PONG']),
    early: new Set('JOIN PART KICK QUIT NICK MODE TOPIC PRIVMSG TAGMSG BATCH 332 333 353 366'.split(' ')),
    rejoins: true,
    hasWalls: true,
    async introduceBot({ bot, server }) {
      const sasl = login(BOT);
      if (!sasl.ok) return sasl;
      return ok({
        nick: bot.nick,
        nextNick: (attempt) => nextNickCandidate(bot.nick, attempt, { maxBytes: FREEQ_ISUPPORT.nickLen }),
        user: bot.user,
        realname: bot.realname,
        password: server.password,
        sasl: sasl.value,
      });
    },
    async introducePerson({ server }, { person, naming }) {
      const sasl = login(person.userId);
      if (!sasl.ok) return sasl;
      const nicks = nicksFor(person, naming);
      return ok({
        nick: nicks.first,
        nextNick: nicks.next,
        user: identOf(person),
        realname: realnameOf(person, naming.isupport.nameLen),
        password: server.password,
        sasl: sasl.value,
      });
    },
    standing: (account) => (account === null ? GUEST : undefined),
    sourceOf: ({ source, tags, command }) =>
      source === undefined || (source.host === undefined && !SPOKEN.has(command)) || !isSaid(tags, source.host)
        ? undefined
        : freeqSource({ source, tags, atMs: null }),
    idTimeMs: ulidTimeMs,
    throttle: () => new WindowThrottle(),
    mint: freeqMint,
  };
}

const SPOKEN: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE', 'TAGMSG']);

/** The server speaks with a bare name and without msgid; people of other servers have a bare nick, and their words a msgid or an origin. */
const isSaid = (tags: ReadonlyMap<string, string>, host: string | undefined): boolean =>
  host !== undefined || tags.has('msgid') || tags.has('+freeq.at/origin');

const GUEST =
  'The bot is a guest on freeq (freeq.login: guest): its nick is nobody’s, so others can take it, and the server vouches for nothing it says. Set `freeq.login: key` for an identity of its own.';

/** User ids hold what no file name may, and may be as long as one. */
const keyFileName = (owner: KeyOwner): string =>
  owner === BOT ? 'bot.json' : `${createHash('sha256').update(owner).digest('hex').slice(0, 40)}.json`;
