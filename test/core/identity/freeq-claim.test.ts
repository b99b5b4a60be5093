import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Claim,
  claimOfMessage,
  claimOfPerson,
  claimOfSender,
  type KnownPerson,
  type Lookup,
  MARKED_SINCE_MS,
  type MessageFacts,
  type PersonFacts,
} from '../../../src/core/identity/freeq-claim.ts';

const PLC = 'did:plc:abcdefghijklmnop';
const OTHER_PLC = 'did:plc:qrstuvwxyz234567';
const WEB = 'did:web:oak.example';
const KEY = 'did:key:z6MkfakefakefakefakefakeFAKEfake';
const ORIGIN = 'freeq.oak.example';
const AFTER = MARKED_SINCE_MS + 86_400_000;
const BEFORE = MARKED_SINCE_MS - 86_400_000;

const absent: KnownPerson = { present: false, did: null };
const here = (did: string | null): KnownPerson => ({ present: true, did });

const message = (facts: Partial<MessageFacts>): MessageFacts => ({
  account: null,
  person: absent,
  atMs: AFTER,
  ...facts,
});

const proven = (did: string): Claim => ({ state: 'at-protocol', did });
const selfIssued = (did: string): Claim => ({ state: 'self-issued', did });
const relayed = (did: string | null, origin = ORIGIN): Claim => ({ state: 'relayed', did, origin });
const guestAt = (origin: string): Claim => ({ state: 'guest', did: null, origin });
const guest: Claim = { state: 'guest', did: null };
const unknown: Claim = { state: 'unknown', did: null };
const lookingUp: Claim = { state: 'looking-up', did: null };

/** The seventeen cases of a row of a timeline. */
const MESSAGES: ReadonlyArray<[said: string, facts: MessageFacts, claim: Claim]> = [
  ['an account of did:plc', message({ account: PLC }), proven(PLC)],
  ['an account of did:web whose owner is here', message({ account: WEB, person: here(WEB) }), proven(WEB)],
  ['an account of did:key', message({ account: KEY }), selfIssued(KEY)],
  ['an account of did:plc from another server', message({ account: PLC, origin: ORIGIN }), relayed(PLC)],
  ['an account of did:key from another server', message({ account: KEY, origin: ORIGIN }), relayed(KEY)],
  [
    'an account from another server, though the nick is here under the same DID',
    message({ account: PLC, origin: ORIGIN, person: here(PLC) }),
    relayed(PLC),
  ],
  ['no account from another server', message({ origin: ORIGIN }), guestAt(ORIGIN)],
  ['no mark, old, and its nick is here as did:plc', message({ atMs: BEFORE, person: here(PLC) }), proven(PLC)],
  ['no mark, old, and its nick is here as did:key', message({ atMs: BEFORE, person: here(KEY) }), selfIssued(KEY)],
  ['no mark, new, and its nick is here without a DID', message({ person: here(null) }), guest],
  ['no mark, old, and its nick is here without a DID', message({ atMs: BEFORE, person: here(null) }), guest],
  ['no mark, new, and its nick is away', message({}), guest],
  ['no mark, from the very first marked moment', message({ atMs: MARKED_SINCE_MS }), guest],
  ['no mark, old, and its nick is away', message({ atMs: BEFORE }), unknown],
  ['no mark and no time', message({ atMs: null }), unknown],
  ['an account that is not the one its nick has now', message({ account: PLC, person: here(OTHER_PLC) }), proven(PLC)],
  ['a blank account', message({ account: '' }), guest],
];

/** The ten cases of the person behind a row. */
const SENDERS: ReadonlyArray<[said: string, facts: MessageFacts, lookup: Lookup, claim: Claim]> = [
  ['an account answers without a question', message({ account: PLC }), 'not-asked', proven(PLC)],
  ['a sender of another server is never asked about here', message({ origin: ORIGIN }), 'in-flight', guestAt(ORIGIN)],
  [
    'who they are now beats the row',
    message({ account: PLC, person: here(OTHER_PLC) }),
    'not-asked',
    proven(OTHER_PLC),
  ],
  [
    'a DID from WHOIS counts for one who left',
    message({ person: { present: false, did: PLC } }),
    'not-asked',
    proven(PLC),
  ],
  ['a new row without mark answers while a question is out', message({}), 'in-flight', guest],
  ['a new row without mark still answers when nobody has the nick', message({}), 'no-such-nick', guest],
  ['one who is here without DID is a guest at once', message({ person: here(null) }), 'in-flight', guest],
  ['an old row without mark waits for the answer', message({ atMs: BEFORE }), 'in-flight', lookingUp],
  ['an old row whose question found no account', message({ atMs: BEFORE }), 'no-account', guest],
  ['an old row whose question had no answer', message({ atMs: BEFORE }), 'timed-out', unknown],
];

/** The ten cases of somebody in a list. */
const PEOPLE: ReadonlyArray<[said: string, facts: PersonFacts, claim: Claim]> = [
  ['here as did:plc', { did: PLC, lookup: 'not-asked' }, proven(PLC)],
  ['here as did:key', { did: KEY, lookup: 'not-asked' }, selfIssued(KEY)],
  [
    'seen only through another server, with an account',
    { did: null, viaPeer: { origin: ORIGIN, hadAccount: true }, lookup: 'not-asked' },
    relayed(null),
  ],
  [
    'seen only through a server without a name, with an account',
    { did: null, viaPeer: { origin: null, hadAccount: true }, lookup: 'not-asked' },
    relayed(null, '?'),
  ],
  [
    'seen only through another server, without account',
    { did: null, viaPeer: { origin: ORIGIN, hadAccount: false }, lookup: 'not-asked' },
    guestAt(ORIGIN),
  ],
  ['a question is out', { did: null, lookup: 'in-flight' }, lookingUp],
  ['a question found no account', { did: null, lookup: 'no-account' }, guest],
  ['nobody has that nick', { did: null, lookup: 'no-such-nick' }, unknown],
  ['a question had no answer', { did: null, lookup: 'timed-out' }, unknown],
  ['nobody asked', { did: null, lookup: 'not-asked' }, unknown],
];

describe('what freeq lets a client say of a message', () => {
  for (const [said, facts, claim] of MESSAGES)
    test(`${said}: ${claim.state}`, () => assert.deepEqual(claimOfMessage(facts), claim));
});

describe('what freeq lets a client say of the person behind a message', () => {
  for (const [said, facts, lookup, claim] of SENDERS)
    test(`${said}: ${claim.state}`, () => assert.deepEqual(claimOfSender(facts, lookup), claim));
});

describe('what freeq lets a client say of a person in a list', () => {
  for (const [said, facts, claim] of PEOPLE)
    test(`${said}: ${claim.state}`, () => assert.deepEqual(claimOfPerson(facts), claim));
});

test('freeq has 37 cases, and all of them are here', () => {
  assert.equal(MESSAGES.length + SENDERS.length + PEOPLE.length, 37);
});

test('an origin without a name lowers trust as any other does', () => {
  assert.deepEqual(claimOfMessage(message({ account: PLC, origin: ' ' })), relayed(PLC, '?'));
});

test('an origin beats a DID that its sender has here', () => {
  const facts = message({ account: PLC, origin: ORIGIN, person: here(PLC) });
  assert.deepEqual(claimOfSender(facts, 'not-asked'), relayed(PLC));
});

for (const account of ['alice', 'did:', 'did:plc:', 'did:plc:a b', `did:plc:${'a'.repeat(400)}`, 'DID:plc:abc'])
  test(`${JSON.stringify(account.slice(0, 20))} is no account of freeq`, () => {
    assert.deepEqual(claimOfMessage(message({ account })), guest);
  });
