import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonOf, sendStatusContent, withMore } from '../../../src/core/convert/send-status.ts';
import type { BridgeError } from '../../../src/core/errors.ts';
import type { KeyedEffect } from '../../../src/core/events.ts';
import { asNetworkId } from '../../../src/core/ids.ts';

const HOME = asNetworkId('home');
const error = (code: string): BridgeError => ({ code, text: 'Ask for voice.', retry: 'never', notify: 'sender' });
const about = { op: 'matrix.status', network: HOME, room: '!r:x', eventId: '$e' } as const;

test('what became of a message is said in the form that programs know', () => {
  const relates = { network: 'home', 'm.relates_to': { rel_type: 'm.reference', event_id: '$e' } };
  assert.deepEqual(
    [
      sendStatusContent({ ...about, status: 'SUCCESS' }),
      sendStatusContent({ ...about, status: 'FAIL_PERMANENT', error: error('irc_404') }),
    ],
    [
      { ...relates, status: 'SUCCESS' },
      { ...relates, status: 'FAIL_PERMANENT', reason: 'm.no_permission', message: 'Ask for voice.' },
    ],
  );
});

test('each reason has a word', () => {
  const codes = ['irc_474', 'irc_fail_banned', 'authority.not-member', 'irc_away', 'irc_fail_blank_msg', 'irc_401'];
  assert.deepEqual(
    codes.map((code) => reasonOf(error(code))),
    [
      'm.no_permission',
      'm.no_permission',
      'm.no_permission',
      'm.bridge_unavailable',
      'com.beeper.unsupported_event',
      'm.foreign_network_error',
    ],
  );
});

test('of the lines of one event all but the last say that more follows', () => {
  const line = (key: string): KeyedEffect => ({
    key,
    effect: {
      ...{ op: 'network.say', network: HOME, channel: '#c', room: '!r:x', userId: '@a:x' },
      ...{ style: 'text', line: key, eventId: '$e' },
    },
  });
  const part: KeyedEffect = {
    key: 'part',
    effect: { op: 'network.part', network: HOME, channel: '#c', userId: '@a:x', reason: '' },
  };
  const [one, two, three] = [line('1'), line('2'), line('3')];
  const more = ({ key, effect }: KeyedEffect) => ({ key, effect: { ...effect, more: true } });
  assert.deepEqual(withMore([one, part, two, three]), [more(one), part, more(two), three]);
  assert.deepEqual([withMore([one]), withMore([part]), withMore([])], [[one], [part], []]);
});
