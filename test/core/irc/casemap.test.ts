import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Casemapping, casemappingOf, fold, sameName } from '../../../src/core/irc/casemap.ts';

describe("the server's word for its case mapping", () => {
  const vectors: ReadonlyArray<[token: string | undefined, utf8: string | undefined, mapping: Casemapping]> = [
    ['ascii', undefined, 'ascii'],
    ['ASCII', undefined, 'ascii'],
    ['rfc1459', undefined, 'rfc1459'],
    ['rfc1459-strict', undefined, 'rfc1459-strict'],
    ['strict-rfc1459', undefined, 'rfc1459-strict'],
    ['klingon', undefined, 'rfc1459'],
    ['__proto__', undefined, 'rfc1459'],
    ['', undefined, 'rfc1459'],
    [undefined, undefined, 'rfc1459'],
    ['ascii', 'rfc8265', 'rfc8265'],
    ['ascii', '', 'ascii'],
    ['rfc7613', undefined, 'rfc8265'],
  ];
  for (const [token, utf8, mapping] of vectors) {
    test(`${token} and UTF8MAPPING ${utf8} mean ${mapping}`, () => assert.equal(casemappingOf(token, utf8), mapping));
  }
});

describe('folding', () => {
  const name = 'A[]\\^{}|~Zé É';
  const folded: Readonly<Record<Casemapping, string>> = {
    ascii: 'a[]\\^{}|~zé É',
    'rfc1459-strict': 'a{}|^{}|~zé É',
    rfc1459: 'a{}|~{}|~zé É',
    rfc8265: 'a[]\\^{}|~zé é',
    lowercase: 'a[]\\^{}|~zé é',
  };
  for (const [mapping, expected] of Object.entries(folded) as [Casemapping, string][]) {
    test(`by ${mapping}`, () => assert.equal(fold(name, mapping), expected));
  }

  test('by rfc8265 takes wide and composed letters for the usual ones', () => {
    assert.equal(sameName('Ａbe\u0301', 'abé', 'rfc8265'), true);
    assert.equal(sameName('Ａ', 'a', 'ascii'), false);
  });

  test('twice changes nothing, and case never matters', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Casemapping>('ascii', 'rfc1459', 'rfc1459-strict', 'rfc8265', 'lowercase'),
        fc.string({ unit: 'binary' }),
        (mapping, text) => {
          assert.equal(fold(fold(text, mapping), mapping), fold(text, mapping));
          const ascii = text.replace(/[^ -~]/g, '');
          assert.equal(sameName(ascii.toUpperCase(), ascii.toLowerCase(), mapping), true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
