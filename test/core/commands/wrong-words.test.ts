import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AND_TERMINAL } from '../../../src/core/commands/command-row.ts';
import { COMMAND_NAMES, COMMANDS } from '../../../src/core/commands/command-table.ts';
import { wrongWords } from '../../../src/core/commands/wrong-words.ts';

describe('the words behind a command', () => {
  test('are what it takes there, and otherwise answered with what would be right', () => {
    assert.deepEqual(
      [
        wrongWords('query', 'channel', []),
        wrongWords('whois', 'network', []),
        wrongWords('whois', 'channel', []),
        wrongWords('rebind', 'house', ['home', 'old']),
        wrongWords('rebind', 'network', ['old']),
        wrongWords('names', 'channel', ['#commons']),
        wrongWords('nick', 'channel', ['Anna', 'Maria']),
        wrongWords('mentions', 'channel', ['maybe']),
        wrongWords('confirm', 'house', ['../x']),
      ],
      [
        'Say `!causeway query NICK`: NICK is somebody on a network; NETWORK/NICK says on which.',
        'Say `whois NAME`: NAME is a nick, a name as rooms show it, or a Matrix id.',
        undefined,
        'Say `!causeway rebind NETWORK OLD NEW`: NEW is the account that you have.',
        undefined,
        'Say `!causeway names` and nothing behind it.',
        'Say `!causeway nick [NAME]`; there are more words than that.',
        'Say `on` or `off` behind it.',
        'A plan is named by its hash: letters and digits, as `plans` and the admin room show it.',
      ],
    );
  });

  test('name one person of a network, and never a list, a mask or a channel', () => {
    const refused = (word: string): boolean => wrongWords('query', 'channel', [word]) !== undefined;
    assert.deepEqual(
      [
        'zoe',
        'home/zoe',
        'Zoë',
        '[x]',
        'zoe/discord',
        '#commons',
        'home/#commons',
        'a,b',
        'a!b@c',
        '@op',
        ':x',
        '*',
      ].map(refused),
      [false, false, false, false, false, true, true, true, true, true, true, true],
    );
  });

  test('are judged in any number and of any kind, without a failure, and the sentence stays short', () => {
    const word = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('on', '#commons', 'x'.repeat(600)),
    );
    const words = fc.array(word, { maxLength: 22 });
    fc.assert(
      fc.property(fc.constantFrom(...COMMAND_NAMES), fc.constantFrom(...AND_TERMINAL), words, (name, place, typed) => {
        if (!COMMANDS[name].where.includes(place)) return;
        const wrong = wrongWords(name, place, typed);
        if (wrong !== undefined) assert.ok(wrong.length < 200 && wrong.endsWith('.'), wrong);
        if (typed.some((each) => /\p{Cc}/u.test(each))) assert.notEqual(wrong, undefined);
      }),
    );
  });
});
