import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markRead } from '../../../src/core/irc/read-marker.ts';

test('a read marker is a time as IRCv3 writes it, and nothing where there is none', () => {
  assert.deepEqual(
    [
      markRead('#commons', Date.UTC(2026, 10, 21, 19, 0, 0, 7)),
      markRead('#commons', -1),
      markRead('#commons', Number.NaN),
      markRead('#commons', 8.64e15),
    ],
    [
      { command: 'MARKREAD', params: ['#commons', 'timestamp=2026-11-21T19:00:00.007Z'] },
      undefined,
      undefined,
      undefined,
    ],
  );
});
