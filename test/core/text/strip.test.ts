import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripFormatting } from '../../../src/core/text/strip.ts';

describe('plain text of', () => {
  const vectors: ReadonlyArray<[text: string, plain: string]> = [
    ['hello', 'hello'],
    ['\x02bold\x02 \x1ditalic\x0f', 'bold italic'],
    ['\x0304,05red\x03 \x0399x', 'red x'],
    ['\x031, 2 and 3', ', 2 and 3'],
    ['\x0312345', '345'],
    ['\x03,5', ',5'],
    ['\x04ff0000red\x04 \x04ff000', 'red ff000'],
    ['a\x01ACTION b\x01', 'aACTION b'],
    ['\x1b[31mred', '[31mred'],
    ['two\nlines\tand a tab\r', 'two\nlines\tand a tab'],
    ['\x03', ''],
    ['\u009b0m', '0m'],
    ['日本 👍', '日本 👍'],
  ];
  for (const [text, plain] of vectors) test(JSON.stringify(text), () => assert.equal(stripFormatting(text), plain));
});
