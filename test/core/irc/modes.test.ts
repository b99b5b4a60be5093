import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_ISUPPORT, readIsupport } from '../../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';
import { packModes, parseModes } from '../../../src/core/irc/modes.ts';

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

describe('mode changes as lines', () => {
  const set = (letter: string, param?: string) => ({
    sign: '+' as const,
    letter,
    ...(param === undefined ? {} : { param }),
  });
  const take = (letter: string, param?: string) => ({
    sign: '-' as const,
    letter,
    ...(param === undefined ? {} : { param }),
  });

  test('share a line, and a sign as long as it holds', () => {
    assert.deepEqual(packModes([set('b', 'x!*@*'), take('I', 'a'), take('I', 'b'), set('i')], DEFAULT_ISUPPORT), [
      ['+b-II+i', 'x!*@*', 'a', 'b'],
    ]);
    assert.deepEqual(packModes([], DEFAULT_ISUPPORT), []);
  });

  test('take no more parameters than the server does, and no more bytes than fit', () => {
    const many = Array.from({ length: 5 }, (_, index) => set('v', `n${index}`));
    assert.deepEqual(packModes(many, { ...DEFAULT_ISUPPORT, modesPerLine: 2 }), [
      ['+vv', 'n0', 'n1'],
      ['+vv', 'n2', 'n3'],
      ['+v', 'n4'],
    ]);
    const long = Array.from({ length: 13 }, () => set('b', 'é'.repeat(50)));
    const lines = packModes(long, { ...DEFAULT_ISUPPORT, modesPerLine: 13 });
    assert.equal(lines.length, 7);
    for (const line of lines) assert.ok(Buffer.byteLength(line.join(' ')) <= 300);
  });
});
