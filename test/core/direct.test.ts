import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { introduction, isSameBearer, isSamePerson, opening, type Peer } from '../../src/core/direct.ts';
import type { NetworkSource } from '../../src/core/events.ts';

const fold = (name: string): string => name.toLowerCase();
const carol: Peer = { subject: { kind: 'nick', name: 'carol' }, nick: 'Carol', host: '~c@home.example' };
const fay: Peer = { subject: { kind: 'account', name: 'fay' }, nick: 'Fay', host: '~f@home.example' };
const now = (nick: string, account: string | null, address = '~c@home.example'): NetworkSource => {
  const [user = '', host = ''] = address.split('@');
  return { nick, account, user, host };
};

describe('who has a nick now', () => {
  const cases: readonly (readonly [string, Peer, NetworkSource, boolean])[] = [
    ['the same nick from the same address', carol, now('CAROL', null), true],
    ['the same nick from elsewhere', carol, now('Carol', null, '~c@elsewhere.example'), false],
    ['the same nick under another user name', carol, now('Carol', null, '~x@home.example'), false],
    ['the same nick, logged in meanwhile', carol, now('Carol', 'carol'), false],
    ['another nick from the same address', carol, now('dave', null), false],
    ['the same nick, of which no address is known', { ...carol, host: null }, now('Carol', null, '~x@y'), true],
    ['the same account, from anywhere', fay, now('Fay', 'Fay', '~x@elsewhere.example'), true],
    ['the same account under another nick', fay, now('fay_away', 'fay'), true],
    ['the nick of an account, not logged in', fay, now('Fay', null, '~f@home.example'), false],
    ['the nick of an account, logged in to another', fay, now('Fay', 'mallory', '~f@home.example'), false],
    [
      'an account of another server',
      { ...fay, subject: { kind: 'account', name: 'fay', origin: 'irc.peer.example' } },
      now('Fay', 'fay'),
      false,
    ],
  ];
  for (const [what, peer, source, expected] of cases)
    test(`${what}: ${expected ? 'is them' : 'is not them'}`, () =>
      assert.equal(isSamePerson(peer, source, fold), expected));
});

test('a stranger is introduced by who vouches for them, and by how to be rid of them', () => {
  const readable = 'It is not end-to-end encrypted: the servers on the way can read it. `!causeway block` in this room';
  assert.ok(
    introduction(carol, 'Libera', 'first').startsWith('Carol on Libera writes to you in private. Nobody vouches'),
  );
  assert.ok(introduction(carol, 'Libera', 'first').includes(readable));
  assert.ok(introduction(fay, 'Libera', 'first').includes('They are logged in to the account fay on Libera.'));
  const origin = { ...fay, subject: { kind: 'account', name: 'fay', origin: 'irc.peer.example' } } as const;
  assert.ok(
    introduction(origin, 'freeq', 'first').includes('the account fay on irc.peer.example, which is linked to freeq.'),
  );
});

test('an account is one bearer wherever it comes from, a nick only from one address', () => {
  const elsewhere = '~x@elsewhere.example';
  assert.equal(isSameBearer(fay, { ...fay, host: elsewhere }), true);
  assert.equal(isSameBearer(carol, { ...carol, nick: 'CAROL' }), true);
  assert.equal(isSameBearer(carol, { ...carol, host: elsewhere }), false);
  assert.equal(isSameBearer(carol, { ...carol, host: null }), false);
});

test('whoever comes later under a name is said to be perhaps another, and whoever came first is not', () => {
  const words = 'You have another room with a Carol, who came from another address: this may be somebody else';
  for (const say of [introduction, opening]) {
    assert.ok(say(carol, 'Libera', 'later').includes(words));
    assert.ok(!say(carol, 'Libera', 'first').includes('another room'));
  }
});
