import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveLine } from '../../src/sandbox/live-view.ts';

describe('what a person sees of the log', () => {
  test('is nothing of ordinary records and of what is no record', () => {
    assert.deepEqual(['{"level":"info","message":"ready"}', 'panic', 'null', '{"level":'].map(liveLine), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is each line that passed, and nothing in it moves the cursor', () => {
    const record = {
      time: 'x',
      level: 'info',
      message: 'bridged',
      direction: 'to-network',
      portal: 'home/#a/b',
      lagMs: 14.6,
    };
    assert.deepEqual(
      [
        { ...record, from: '@alice:localhost', text: 'hello' },
        { ...record, direction: 'to-matrix', from: 'd[a]ve', text: 'one\ntwo \u001b[2J' },
      ].map((line) => liveLine(JSON.stringify(line))),
      ['    mx→irc  #a/b  alice: hello  15 ms', '    irc→mx  #a/b  d[a]ve: one ⏎ two \ufffd[2J  15 ms'],
    );
  });

  test('is each warning in one line, with its fields', () => {
    assert.equal(
      liveLine('{"time":"x","level":"warn","message":"the homeserver does not answer","stack":"at …","tries":3}'),
      '    ! the homeserver does not answer (tries: 3)',
    );
    assert.equal(liveLine('{"time":"x","level":"warn","message":"one\\ntwo"}'), '    ! one two');
  });
});
