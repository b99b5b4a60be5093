import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  ASSURANCES,
  type Assurance,
  assuranceOf,
  didSentence,
  originWords,
  reaches,
  TRUSTS,
  type VouchFacts,
  vouchSentence,
} from '../../../src/core/identity/assurance.ts';
import { UNNAMED_ORIGIN } from '../../../src/core/identity/freeq-claim.ts';
import { provenanceOf, safeLink, vouchFacts } from '../../../src/core/identity/provenance.ts';
import { asNetworkId, keyFromLine, keyFromMsgid } from '../../../src/core/ids.ts';

const facts = (more: Partial<VouchFacts>): VouchFacts => ({
  account: 'alice',
  origin: null,
  trust: 'own',
  isMember: false,
  ...more,
});

const words = { network: 'Willow IRC', account: 'alice', origin: 'oak.example' };

describe('who vouches', () => {
  const cases: ReadonlyArray<[facts: Partial<VouchFacts>, assurance: Assurance, sentence: string]> = [
    [
      {},
      'local',
      'Logged in as alice on Willow IRC, this cooperative’s own server, which vouches for the account. It is not linked to a member.',
    ],
    [
      { isMember: true },
      'local',
      'Logged in on Willow IRC as alice, an account that this cooperative knows as a member’s.',
    ],
    [
      { isMember: true, trust: 'foreign' },
      'local',
      'Logged in on Willow IRC as alice, an account that this cooperative knows as a member’s.',
    ],
    [
      { trust: 'shard' },
      'cross-shard',
      'Logged in as alice on Willow IRC, another cooperative’s server, which vouches for the account. This cooperative did not check it.',
    ],
    [
      { trust: 'foreign' },
      'peer-vouched',
      'Logged in as alice on Willow IRC, which vouches for the account. This cooperative did not check it.',
    ],
    [
      { origin: 'oak.example' },
      'peer-vouched',
      'Relayed from oak.example, which says that they are alice. Nobody here checked that: neither Willow IRC nor this cooperative; oak.example alone vouches for it.',
    ],
    [
      { origin: 'oak.example', account: null },
      'anonymous',
      'Relayed from oak.example, where this is only a name. Nobody vouches for who it is.',
    ],
    [
      { account: null },
      'anonymous',
      'Not logged in on Willow IRC: only a name, which anybody may have taken. Nobody vouches for who it is.',
    ],
    [
      { account: '' },
      'anonymous',
      'Not logged in on Willow IRC: only a name, which anybody may have taken. Nobody vouches for who it is.',
    ],
  ];
  for (const [given, assurance, sentence] of cases)
    test(`${JSON.stringify(given)}: ${assurance}`, () => {
      assert.deepEqual([assuranceOf(facts(given)), vouchSentence(facts(given), words)], [assurance, sentence]);
    });

  test('nothing makes another server’s word more than that, and nothing makes a name without account anybody', () => {
    const any = fc.record({
      account: fc.option(fc.string()),
      origin: fc.option(fc.string()),
      trust: fc.constantFrom(...TRUSTS),
      isMember: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (given) => {
        const assurance = assuranceOf(given);
        if (given.origin !== null) assert.ok(!reaches(assurance, 'cross-shard'));
        if (given.account === null || given.account === '') assert.equal(assurance, 'anonymous');
      }),
    );
  });

  test('a member’s account counts as one only without an origin', () => {
    const asked: string[] = [];
    const voucher = {
      trust: 'own',
      isMember: (account: string) => {
        asked.push(account);
        return true;
      },
    } as const;
    assert.equal(vouchFacts({ account: 'alice', origin: 'oak.example' }, voucher).isMember, false);
    assert.deepEqual(asked, []);
    assert.equal(vouchFacts({ account: 'alice' }, voucher).isMember, true);
  });

  test('each assurance reaches itself and those below it', () => {
    for (const [at, assurance] of ASSURANCES.entries())
      assert.deepEqual(
        ASSURANCES.map((least) => reaches(assurance, least)),
        ASSURANCES.map((_, least) => least <= at),
      );
  });

  test('a DID says what its method proves', () => {
    assert.equal(didSentence('did:plc:abc'), 'The account is an AT Protocol identity.');
    assert.match(didSentence('did:key:z6Mk') ?? '', /self-issued/);
    assert.equal(didSentence('alice'), undefined);
  });
});

describe('provenance', () => {
  const base = { network: asNetworkId('fq'), channel: '#c', key: keyFromMsgid('01A') };
  const voucher = { trust: 'foreign', isMember: () => false } as const;

  test('says everything in strings and null', () => {
    const source = { nick: 'bo', account: 'did:plc:x', origin: 'A.test', actor: 'agent' } as const;
    assert.deepEqual(provenanceOf({ ...base, source, signature: 'unchecked' }, voucher), {
      network: 'fq',
      channel: '#c',
      nick: 'bo',
      account: 'did:plc:x',
      origin: 'A.test',
      assurance: 'peer-vouched',
      msgid: '01A',
      signature: 'unchecked',
      actor: 'agent',
    });
  });

  test('of a line without id, account and signature says so', () => {
    assert.deepEqual(provenanceOf({ ...base, key: keyFromLine('e', 1), source: { nick: 'bo' } }, voucher), {
      network: 'fq',
      channel: '#c',
      nick: 'bo',
      account: null,
      origin: null,
      assurance: 'anonymous',
      msgid: null,
      signature: 'none',
    });
  });

  for (const link of [
    'javascript:alert(1)',
    'https://a b',
    'ftp://a/',
    `https://a/${'x'.repeat(2000)}`,
    'https://[',
    '',
  ])
    test(`${JSON.stringify(link.slice(0, 30))} is no link for people`, () => assert.equal(safeLink(link), undefined));
  test('a page of the web is a link', () =>
    assert.equal(safeLink('https://a.example/v/01A'), 'https://a.example/v/01A'));
});

test('a server that came without a name is said to have none', () => {
  assert.deepEqual([UNNAMED_ORIGIN, 'oak.example'].map(originWords), ['a server without a name', 'oak.example']);
});
