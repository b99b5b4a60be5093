import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { doorWaysOf, isPlainAccount } from '../../../src/core/irc/account-masks.ts';
import { readIsupport } from '../../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';

const isupportOf = (tokens: string) => readIsupport(applyIsupport(NO_ISUPPORT, ['me', ...tokens.split(' ')]));
const masksOf = (tokens: string, software = '') => {
  const { access, ban, exception } = doorWaysOf(isupportOf(tokens), software);
  return [access, exception?.('alice'), ban?.('alice')];
};

describe('an account at a door is written', () => {
  const servers: ReadonlyArray<[name: string, tokens: string, software: string, masks: readonly unknown[]]> = [
    [
      'to ChanServ, else as the nick that is reserved for it, on Ergo',
      'EXTBAN=,m INVEX',
      'ergo-2.15.0',
      [true, 'alice!*@*', 'alice!*@*'],
    ],
    ['R: on InspIRCd with services', 'EXTBAN=,CRUmw INVEX=I', 'InspIRCd-3.', [false, 'R:alice', 'R:alice']],
    ['$a: on solanum', 'EXTBAN=$,ajrxz INVEX', 'solanum-1.0', [false, '$a:alice', '$a:alice']],
    ['~a: on UnrealIRCd', 'EXTBAN=~,acfjnmpqrtGST INVEX', 'UnrealIRCd-6', [false, '~a:alice', '~a:alice']],
    [
      'as the server itself says',
      'EXTBAN=~,ac ACCOUNTEXTBAN=account,a INVEX',
      'x',
      [false, '~account:alice', '~account:alice'],
    ],
    ['only as a ban where nobody is excepted', 'EXTBAN=$,a', 'x', [false, undefined, '$a:alice']],
    ['not at all on InspIRCd without services', 'EXTBAN=,CUmw INVEX=I', 'InspIRCd-3.', [false, undefined, undefined]],
    ['not at all on ngIRCd', 'INVEX=I', 'ngircd-26.1', [false, undefined, undefined]],
    ['not at all by nonsense', 'EXTBAN=, INVEX=II ACCOUNTEXTBAN=', 'x', [false, undefined, undefined]],
  ];
  for (const [name, tokens, software, masks] of servers)
    test(name, () => assert.deepEqual(masksOf(tokens, software), masks));
});

test('no name of an account can mean anybody else', () => {
  assert.deepEqual(['alice', 'Alice_2', 'éva', '[x]', '0'].filter(isPlainAccount), [
    'alice',
    'Alice_2',
    'éva',
    '[x]',
    '0',
  ]);
  const wrong = [
    '',
    '*',
    'a*',
    'a?',
    'a!b',
    'a@b',
    'a b',
    'a,b',
    ':a',
    'a:b',
    '$a',
    '~a',
    '#a',
    '+a',
    'a\r',
    'a\0',
    'x'.repeat(101),
  ];
  assert.deepEqual(wrong.filter(isPlainAccount), []);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => !isPlainAccount(name) || /^[^\s*?!@,:]+$/.test(name)));
});
