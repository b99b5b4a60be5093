import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readIsupport } from '../../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';
import { parseModes } from '../../../src/core/irc/modes.ts';

const ergo = readIsupport(applyIsupport(NO_ISUPPORT, ['me', 'PREFIX=(qaohv)~&@%+', 'CHANMODES=Ibe,k,fl,imnst']));
const read = (text: string) => {
  const { changes, exact } = parseModes(text.split(' '), ergo);
  return {
    changes: changes.map(({ sign, letter, param }) => `${sign}${letter}${param === undefined ? '' : ` ${param}`}`),
    exact,
  };
};

describe('modes get their own parameters', () => {
  const vectors: ReadonlyArray<[text: string, changes: readonly string[]]> = [
    ['+n', ['+n']],
    ['nt', ['+n', '+t']],
    ['+o alice', ['+o alice']],
    ['+ov-h alice bob carol', ['+o alice', '+v bob', '-h carol']],
    ['+ntl-k 5 key', ['+n', '+t', '+l 5', '-k key']],
    ['-l', ['-l']],
    ['-lo alice', ['-l', '-o alice']],
    ['-k', ['-k']],
    ['+b *!*@host', ['+b *!*@host']],
    ['+b', []],
    ['+-+', []],
    ['', []],
  ];
  for (const [text, changes] of vectors) {
    test(JSON.stringify(text), () => assert.deepEqual(read(text), { changes, exact: true }));
  }
});

describe('what does not match up is never guessed', () => {
  const vectors: ReadonlyArray<[text: string, changes: readonly string[]]> = [
    ['+oo alice', ['+o alice']],
    ['+o', []],
    ['+k', []],
    ['+l', []],
    ['+n alice', ['+n']],
    ['+nXo alice', ['+n']],
    ['+o\u0000 alice', ['+o alice']],
    ['+Xv alice bob', []],
  ];
  for (const [text, changes] of vectors) {
    test(JSON.stringify(text), () => assert.deepEqual(read(text), { changes, exact: false }));
  }

  test('a line without parameters', () => assert.deepEqual(parseModes([], ergo), { changes: [], exact: true }));
});
