import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { realnameOf } from '../../src/irc/puppets/puppet-name.ts';
import { relayName } from '../../src/irc/speaking/speech.ts';
import type { Person } from '../../src/ports/network.ts';

const anna: Person = { userId: '@anna:willow.example', displayName: 'Anna', shard: 'Willow Housing Co-op' };
const bob: Person = { ...anna, userId: '@bob:oak.example', displayName: 'Bob', visitingFrom: 'oak.example' };

describe('who a Matrix person is, as WHOIS shows it', () => {
  const shown: ReadonlyArray<[what: string, person: Person, maxBytes: number, realname: string]> = [
    ['a member', anna, 128, 'Anna (@anna:willow.example) of Willow Housing Co-op'],
    ['somebody of another homeserver', bob, 128, 'Bob (@bob:oak.example) visiting Willow Housing Co-op'],
    ['a server with little room', anna, 30, 'Anna (@anna:willow.example) of'],
    ['a server with hardly any', anna, 22, '@anna:willow.example'],
    ['a server with none', anna, 12, '@anna:wil…'],
    ['a long name', { ...anna, displayName: 'A'.repeat(100) }, 50, `${'A'.repeat(27)} (@anna:willow.example)`],
    [
      'a name that holds another id',
      { ...anna, displayName: 'Eve (@eve:willow.example) of Willow' },
      128,
      'Eve @eve:willow.example of (@anna:willow.example) of Willow Housing Co-op',
    ],
    [
      'a line break and a turn of direction',
      { ...anna, displayName: 'An\r\nna\u202e' },
      128,
      'An na (@anna:willow.example) of Willow Housing Co-op',
    ],
    ['somebody under another name', { userId: anna.userId, displayName: 'Chair', alias: true }, 128, 'Chair'],
  ];
  for (const [what, person, maxBytes, realname] of shown)
    test(`${what}: ${realname}`, () => assert.equal(realnameOf(person, maxBytes), realname));

  test('whatever they are called, the id is there, and the server’s limit is kept', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.integer({ min: 30, max: 200 }),
        (displayName, most) => {
          const realname = realnameOf({ ...anna, displayName }, most);
          assert.ok(Buffer.byteLength(realname) <= most, realname);
          assert.ok(realname.includes('@anna:willow.example'), realname);
          assert.doesNotMatch(realname, /[\p{Cc}\p{Cs}]/u);
        },
      ),
    );
  });
});

test('the bot names the homeserver of somebody who is not of ours', () => {
  assert.deepEqual([relayName(anna), relayName(bob)], ['Anna', 'Bob (oak.example)']);
});
