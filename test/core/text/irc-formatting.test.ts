import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  codeAt,
  type FormattingState,
  formattingAfter,
  maskCodes,
  openingCodes,
  PLAIN,
} from '../../../src/core/text/irc-formatting.ts';

const palette = (value: string) => ({ kind: 'palette', value }) as const;
const hex = (value: string) => ({ kind: 'hex', value }) as const;

describe('a code', () => {
  const vectors: ReadonlyArray<[text: string, code: string]> = [
    ['\x02x', '\x02'],
    ['\x03', '\x03'],
    ['\x034x', '\x034'],
    ['\x03123', '\x0312'],
    ['\x034,5x', '\x034,5'],
    ['\x0304,123', '\x0304,12'],
    ['\x034,x', '\x034'],
    ['\x03,5', '\x03'],
    ['\x04ff00aax', '\x04ff00aa'],
    ['\x04ff00aa,00FF00', '\x04ff00aa,00FF00'],
    ['\x04ff00a', '\x04'],
    ['x\x02', ''],
    ['\x01', ''],
    ['', ''],
  ];
  for (const [text, code] of vectors) test(JSON.stringify(text), () => assert.equal(codeAt(text, 0), code));

  test('is masked without moving anything', () =>
    assert.equal(maskCodes('a\x0304,05b\x0fc,5'), 'a\x02\x02\x02\x02\x02\x02b\x02c,5'));
});

describe('the formatting after', () => {
  const vectors: ReadonlyArray<[text: string, state: Partial<FormattingState>]> = [
    ['x', {}],
    ['\x02', { toggles: '\x02' }],
    ['\x02\x02', {}],
    ['\x1f\x1d\x02', { toggles: '\x02\x1d\x1f' }],
    ['\x02\x0304\x0f', {}],
    ['\x034', { foreground: palette('04') }],
    ['\x034,5', { foreground: palette('04'), background: palette('05') }],
    ['\x034,5x\x037', { foreground: palette('07'), background: palette('05') }],
    ['\x034,5x\x03', {}],
    ['\x034,5x\x04', {}],
    ['\x04ff0000,00ff00', { foreground: hex('ff0000'), background: hex('00ff00') }],
    ['\x034,5\x04ff0000', { foreground: hex('ff0000'), background: palette('05') }],
  ];
  for (const [text, state] of vectors) {
    test(`${JSON.stringify(text)}, and it can be opened again`, () => {
      const after = formattingAfter(PLAIN, text, 0, text.length);
      assert.deepEqual(after, { ...PLAIN, ...state });
      for (const following of ['x', '5', ',5', ',00ff00', '']) {
        const opened: string = `${openingCodes(after, following)}${following}`;
        assert.deepEqual(formattingAfter(PLAIN, opened, 0, opened.length), after);
        assert.equal(maskCodes(opened).replaceAll('\x02', ''), following);
      }
    });
  }
});
