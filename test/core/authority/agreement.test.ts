import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Agreement,
  type Assertion,
  agreementRefusal,
  assertionRefusal,
  nextAgreementEndMs,
} from '../../../src/core/authority/agreement.ts';
import { agreement, assertion, OWN, PEER } from './agreement-fixture.ts';
import { NOW_MS } from './fixture.ts';

const refusal = (more: Partial<Agreement>): string | undefined => agreementRefusal(agreement(more), OWN, NOW_MS)?.code;
const assertionCode = (more: Partial<Assertion>, agreed: Partial<Agreement> = {}): string | undefined =>
  assertionRefusal(assertion(more), agreement(agreed), OWN, NOW_MS)?.code;

describe('An agreement', () => {
  test('in force admits people', () => assert.equal(refusal({}), undefined));

  test('that is not in force, lacks a vote or is over admits nobody (invariant 33)', () => {
    const votes = { local: 'a', peer: 'b' };
    assert.deepEqual(
      [
        refusal({ state: 'proposed' }),
        refusal({ state: 'suspended' }),
        refusal({ state: 'revoked' }),
        refusal({ decidedBy: { peer: votes.peer } }),
        refusal({ decidedBy: { local: votes.local } }),
        refusal({ decidedBy: {} }),
        refusal({ notAfterMs: NOW_MS }),
        refusal({ notAfterMs: NOW_MS + 1 }),
      ],
      ['proposed', 'suspended', 'revoked', 'vote-missing', 'vote-missing', 'vote-missing', 'over', undefined],
    );
  });

  test('with ourselves would make visitors of members', () => {
    assert.equal(refusal({ peer: { ...PEER, iss: OWN.iss } }), 'ourselves');
    assert.equal(refusal({ peer: { ...PEER, homeserver: OWN.homeserver } }), 'ourselves');
  });

  test('says in words why', () => {
    assert.equal(
      agreementRefusal(agreement({ state: 'revoked' }), OWN, NOW_MS)?.why,
      'The agreement willow-elm with elm.example is revoked, so it lets nobody in.',
    );
  });

  test('ends by itself when the first of those in force does', () => {
    const ends = [NOW_MS - 5, NOW_MS + 9, NOW_MS + 4].map((notAfterMs) => agreement({ notAfterMs }));
    assert.equal(nextAgreementEndMs([...ends, agreement()], NOW_MS), NOW_MS + 4);
    assert.equal(nextAgreementEndMs([agreement({ state: 'revoked', notAfterMs: NOW_MS + 1 })], NOW_MS), undefined);
  });
});

describe('An assertion', () => {
  test('of a peer about one of its people counts', () => assert.equal(assertionCode({}), undefined));

  test('about anybody else counts for nothing (invariant 34)', () => {
    const third = { iss: 'https://id.oak.example', sub: 'vera' };
    assert.equal(assertionCode({ subject: third }), 'third-party');
    assert.equal(assertionCode({ subject: { iss: OWN.iss, sub: 'ada' } }), 'third-party');
    for (const userId of [
      '@vera:oak.example',
      `@ada:${OWN.homeserver}`,
      '@vera:elm.example:8448',
      '@vera:x:elm.example',
    ])
      assert.equal(assertionCode({ userId }), 'foreign-account', userId);
  });

  test('is for one agreement and its version', () => {
    assert.equal(assertionCode({ agreement: 'willow-oak' }), 'other-agreement');
    assert.deepEqual([assertionCode({ version: 2 }), assertionCode({ version: 4 })], ['version', 'version']);
    assert.equal(assertionCode({}, { state: 'suspended' }), 'agreement.suspended');
  });

  test('is for as long as was agreed, and for now', () => {
    const [issuedAtMs, untilMs] = [NOW_MS, NOW_MS + 600_000];
    assert.equal(assertionCode({ issuedAtMs, untilMs }), undefined);
    assert.equal(assertionCode({ issuedAtMs, untilMs: untilMs + 1 }), 'too-long');
    assert.equal(assertionCode({ issuedAtMs, untilMs: issuedAtMs }), 'too-long');
    assert.equal(assertionCode({ issuedAtMs: NOW_MS + 60_000, untilMs: NOW_MS + 90_000 }), 'future');
    assert.equal(assertionCode({ issuedAtMs: NOW_MS - 9_000, untilMs: NOW_MS }), 'expired');
  });
});
