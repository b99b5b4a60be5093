import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isNetsplitReason } from '../../../src/core/irc/netsplit.ts';
import { growsEvenly } from '../../growth.ts';

describe('a quit reason', () => {
  for (const reason of ['s1.test s2.test', 'hub.irc.example leaf-3.irc.example', '*.net *.split']) {
    test(`${JSON.stringify(reason)} is a netsplit`, () => assert.equal(isNetsplitReason(reason), true));
  }
  for (const reason of [
    '',
    'bye',
    'good bye',
    'Quit: s1.test s2.test',
    'a.b',
    'a.b c',
    'a.b c.d e.f',
    'a.b  c.d',
    '. .',
    'a.b a.b',
    'see example.org, bye.',
    'a..b c.d',
    'a.b c.d\n',
  ]) {
    test(`${JSON.stringify(reason)} is none`, () => assert.equal(isNetsplitReason(reason), false));
  }

  test('is judged in one pass however it is made', () => {
    const made = (size: number): string => `${'a.'.repeat(size)} x`;
    assert.equal(isNetsplitReason(made(8000)), false);
    growsEvenly('pieces of a name', (size) => isNetsplitReason(made(size)), 160_000);
  });
});
