import { createHash } from 'node:crypto';
import type { NetworkConfig } from '../../config/schema-network.ts';
import { ok, type Result } from '../../core/errors.ts';
import { continues } from '../../core/freeq/continues.ts';
import { FREEQ_ISUPPORT, FREEQ_LISTENER_CAPS, FREEQ_PUPPET_CAPS } from '../../core/freeq/freeq-facts.ts';
import { deletedIn, editedIn, mediaIn, pinnedIn, saidIn, talliedIn, UNREACT_TAG } from '../../core/freeq/tags.ts';
import { isUlid, ulidTimeMs } from '../../core/freeq/ulid.ts';
import { freeqSignature, freeqSource } from '../../core/identity/freeq-evidence.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import type { Dialect } from '../dialect.ts';
import { botNames, personNames } from '../listening/introductions.ts';
import type { Introduction } from '../wire/registration.ts';
import { ChallengeLogin } from './challenge-login.ts';
import { freeqGestures, registerKey } from './freeq-gestures.ts';
import { HeardPeople } from './heard-people.ts';
import { type KeyOwner, Keys } from './keys.ts';
import { freeqMint } from './minting.ts';
import { WindowThrottle } from './window-throttle.ts';

const BOT: KeyOwner = 'bot';

const UNFILED: ReadonlySet<string> = new Set(['NOTICE', 'TAGMSG']);

const BARE: ReadonlySet<string> = new Set(['TAGMSG', 'TOPIC']);

/** Nothing of it for a guest. */
type Proof = Pick<Introduction, 'sasl' | 'signer'>;

/** What the adapter for IRC has to know to speak with freeq, as a client of it. Facts: docs/freeq.md. */
export function makeFreeqDialect({ freeq }: NetworkConfig): Dialect {
  const people = new HeardPeople();
  const keys = freeq?.login === 'key' ? new Keys(freeq.keys, keyFileName) : undefined;
  const prove = (owner: KeyOwner): Result<Proof> => {
    if (keys === undefined) return ok({});
    const signer = keys.of(owner);
    return signer.ok ? ok({ signer: signer.value, sasl: new ChallengeLogin(signer.value) }) : signer;
  };
  return {
    isupport: FREEQ_ISUPPORT,
    listenerCaps: FREEQ_LISTENER_CAPS,
    puppetCaps: FREEQ_PUPPET_CAPS,
    serverTags: new Set(['account', 'batch', 'draft/multiline-concat', 'msgid', 'time']),
    // Channels of before are entered again by the server between 001 and the answer to our PING, some even before 001.
    readyOn: new Set(['PONG']),
    early: new Set('JOIN PART KICK QUIT NICK MODE TOPIC PRIVMSG TAGMSG BATCH 332 333 353 366'.split(' ')),
    rejoins: true,
    forgetsDeleted: true,
    // The id on a TAGMSG is the client's: perhaps that of a message which is still to come.
    isFiled: ({ command, source }) => !UNFILED.has(command) && source?.host !== 'freeq/spawn',
    bansRemove: true,
    continues,
    hasWalls: true,
    walls: {
      walls: new Map([
        ['i', 'invited'],
        ['k', 'key'],
        ['E', 'encrypted'],
      ]),
      hasPolicies: true,
      settleMs: 0,
    },
    async introduceBot(config) {
      const proof = prove(BOT);
      return proof.ok ? ok({ ...botNames(config, FREEQ_ISUPPORT.nickLen), ...proof.value }) : proof;
    },
    async introducePerson(config, { person, naming }) {
      const proof = prove(person.userId);
      return proof.ok ? ok({ ...personNames(config, naming, person), ...proof.value }) : proof;
    },
    standing: (account) => (account === null ? GUEST : undefined),
    sourceOf: (line, _, replayed = false) => {
      const { source, tags } = line;
      if (source === undefined || !isPerson(line)) return undefined;
      const known = people.knownOf(source.nick, source.host);
      const speaker = freeqSource({ source, tags, atMs: null, replayed, ...(known !== undefined && { known }) });
      // What history tells is older than what was heard: it counts for whom nothing else is known.
      if (line.command === 'PRIVMSG' && (known === undefined || !replayed)) people.heard(speaker);
      return speaker;
    },
    knownAs: (nick) => people.knownAs(nick),
    untold: undefined,
    idTimeMs: ulidTimeMs,
    onReady: registerKey,
    tags: {
      edits: editedIn,
      deletes: deletedIn,
      pins: pinnedIn,
      unreacts: [UNREACT_TAG],
      tally: talliedIn,
      text: saidIn,
      facts: (tags) => {
        const media = mediaIn(tags);
        const link = verificationPage(freeq?.web, tags.get('msgid'));
        return {
          signature: freeqSignature(tags),
          ...(tags.has('+freeq.at/streaming') && { unfinished: true }),
          ...(media.length > 0 && { media }),
          ...(link !== undefined && { link }),
        };
      },
    },
    gestures: freeqGestures,
    throttle: () => new WindowThrottle(),
    mint: freeqMint,
  };
}

/**
 * The server speaks with a bare name and without msgid; people of other servers have a bare nick, and their words a msgid or an origin.
 * Whose bare name a topic has is not said: nobody of this server's.
 */
const isPerson = ({ source, tags, command }: IrcLine): boolean =>
  source?.host !== undefined || BARE.has(command) || tags.has('msgid') || tags.has('+freeq.at/origin');

/** Where the server says what it can check of a message. */
const verificationPage = (web: string | undefined, msgid: string | undefined): string | undefined =>
  web === undefined || msgid === undefined || !isUlid(msgid) ? undefined : `${web}/api/v1/verify/${msgid}`;

const GUEST =
  'The bot is a guest on freeq (freeq.login: guest): its nick is nobody’s, so others can take it, and the server vouches for nothing it says. Set `freeq.login: key` for an identity of its own.';

/** User ids hold what no file name may, and may be as long as one. */
const keyFileName = (owner: KeyOwner): string =>
  owner === BOT ? 'bot.json' : `${createHash('sha256').update(owner).digest('hex').slice(0, 40)}.json`;
