import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Ctcp, encodeAction, encodeCtcp, parseCtcp } from '../../../src/core/irc/ctcp.ts';

describe('CTCP', () => {
  const vectors: ReadonlyArray<[body: string, ctcp: Ctcp | undefined]> = [
    ['\x01VERSION\x01', { command: 'VERSION', args: '' }],
    ['\x01version', { command: 'VERSION', args: '' }],
    ['\x01ACTION waves  twice \x01', { command: 'ACTION', args: 'waves  twice ' }],
    ['\x01ACTION cut off', { command: 'ACTION', args: 'cut off' }],
    ['\x01PING 1 2\x01trailing', { command: 'PING', args: '1 2' }],
    ['\x01\x01', undefined],
    ['\x01', undefined],
    ['\x01 x\x01', undefined],
    ['hello', undefined],
    ['x \x01ACTION waves\x01', undefined],
    ['', undefined],
  ];
  for (const [body, ctcp] of vectors) test(JSON.stringify(body), () => assert.deepEqual(parseCtcp(body), ctcp));

  test('what is written is read back, and holds one CTCP whatever the text', () => {
    assert.equal(encodeAction('waves'), '\x01ACTION waves\x01');
    assert.equal(encodeCtcp('CLIENTINFO'), '\x01CLIENTINFO\x01');
    assert.equal(encodeAction('a\x01\x01DCC\r\nQUIT\0'), '\x01ACTION aDCCQUIT\x01');
    assert.deepEqual(parseCtcp(encodeAction(' spaced  out ')), { command: 'ACTION', args: ' spaced  out ' });
  });
});
