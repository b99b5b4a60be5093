import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { displayName, MAX_NAME_CODE_POINTS, type NameParts } from '../../../src/core/identity/display-name.ts';

const TEMPLATES = { here: '{nick} (IRC)', via: '{nick} via {origin}' };

const named = (nick: string, more: Partial<NameParts> = {}): string =>
  displayName({ nick, account: null, origin: null, network: 'Willow IRC', ...more }, TEMPLATES);

const length = (text: string): number => [...text].length;

describe('the name of a ghost', () => {
  test('is the nick, and where it is from', () => {
    assert.equal(named('alice'), 'alice (IRC)');
    assert.equal(named('alice', { origin: 'oak.example' }), 'alice via oak.example');
    assert.equal(named('alice', { origin: '?' }), 'alice via a server without a name');
  });

  test('follows the template of its network', () => {
    const parts: NameParts = { nick: 'al', account: 'alice', origin: null, network: 'Willow IRC' };
    const templates = { here: '{account} as {nick} on {network}', via: '{nick} via {origin}' };
    assert.equal(displayName(parts, templates), 'alice as al on Willow IRC');
  });

  for (const nick of [
    'bob[m]',
    'bob_irc',
    'irc',
    'via',
    'olivia',
    'guest{1}',
    'Zoë',
    '日本',
    'Катя',
    '|away|',
    'ποιητής',
  ])
    test(`leaves ${nick} as it is`, () => {
      assert.equal(named(nick), `${nick} (IRC)`);
    });
});

describe('a stolen suffix', () => {
  const stolen: ReadonlyArray<[nick: string, shown: string]> = [
    ['alice via oak.example', 'alice…oak.example (IRC)'],
    ['alice\u00a0via\u00a0oak.example', 'alice…oak.example (IRC)'],
    ['alice_via_oak.example', 'alice…oak.example (IRC)'],
    ['alice ｖｉａ oak.example', 'alice…oak.example (IRC)'],
    ['alice(IRC)', 'alice… (IRC)'],
    ['alice [irc]', 'alice… (IRC)'],
    ['alice（IRC）', 'alice… (IRC)'],
    ['alice (ІRС)', 'alice… (IRC)'],
    ['alice (verified)', 'alice… (IRC)'],
    ['(IRC)(IRC)', '… (IRC)'],
    ['(I(IRC)RC)', '(I…RC) (IRC)'],
  ];
  for (const [nick, shown] of stolen)
    test(`is taken out of ${nick}, and leaves a trace`, () => {
      assert.equal(named(nick), shown);
    });

  test('of another server does not make somebody theirs', () => {
    const shown = named('alice via oak.example', { origin: 'evil.example' });
    assert.equal(shown, 'alice…oak.example via evil.example');
  });

  test('is not in the name of a server either', () => {
    assert.equal(named('alice', { origin: 'x (IRC)' }), 'alice via x…');
    assert.equal(named('alice', { origin: 'oak.example via y' }), 'alice via oak.example…y');
  });
});

describe('a confusable nick', () => {
  const confusable: ReadonlyArray<[what: string, nick: string, shown: string]> = [
    ['one Cyrillic letter among Latin ones', 'аlice', '\ufffdlice (IRC)'],
    ['Cyrillic letters alone', 'асе', 'асе [Cyrillic] (IRC)'],
    ['a name that is honest and looks Latin', 'Рома', 'Рома [Cyrillic] (IRC)'],
    ['a mathematical letter', '𝐚lice', '\ufffdlice (IRC)'],
    ['something invisible', 'al\u200bice', 'al…ice (IRC)'],
    ['a tick', 'alice✔️', 'alice… (IRC)'],
    ['a seal', 'alice ✅', 'alice … (IRC)'],
    ['text that runs backwards', '\u202eecila', '…ecila (IRC)'],
    ['a mark that sits on what is before it', '\u0301alice', '…alice (IRC)'],
    ['a blank', '\u2800alice', 'alice (IRC)'],
  ];
  for (const [what, nick, shown] of confusable)
    test(`with ${what} is not shown as the one that it imitates`, () => {
      assert.equal(named(nick), shown);
    });

  test('keeps a picture that is made of several', () => {
    assert.equal(named('👩‍👩‍👧 at home'), '👩‍👩‍👧 at home (IRC)');
  });
});

describe('however a name is chosen', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc
      .array(fc.constantFrom(' via ', '(IRC)', '\u202e', '\u200d', '✔', 'а', 'alice', '{origin}', '\u0301', '…', ' '), {
        maxLength: 30,
      })
      .map((parts) => parts.join('')),
    fc.constant('x'.repeat(5000)),
  );

  test('it is bounded, shows nothing hidden, and ends in the whole suffix, once', () => {
    fc.assert(
      fc.property(hostile, (nick) => {
        const shown = named(nick);
        assert.ok(length(shown) <= MAX_NAME_CODE_POINTS, `${length(shown)} code points`);
        assert.ok(shown.endsWith(' (IRC)'), shown);
        assert.equal(shown.match(/\(IRC\)/gi)?.length, 1, shown);
        assert.doesNotMatch(shown, /\p{Cc}|\p{Cs}|[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff✔✅]/u);
        assert.doesNotMatch(shown, / via /);
      }),
    );
  });

  test('the server that vouches is in sight at the end', () => {
    fc.assert(
      fc.property(hostile, (nick) => {
        const shown = named(nick, { origin: 'oak.example' });
        assert.ok(length(shown) <= MAX_NAME_CODE_POINTS && shown.endsWith(' via oak.example'), shown);
        assert.equal(shown.match(/ via /g)?.length, 1, shown);
      }),
    );
  });

  test('a long name of a server keeps its end, and the nick some room', () => {
    assert.equal(
      named('n'.repeat(64), { origin: `${'o'.repeat(60)}.oak.example` }),
      `${'n'.repeat(30)}… via …${'o'.repeat(11)}.oak.example`,
    );
  });
});
