import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { joinable, joinLines } from '../../../src/core/convert/join-lines.ts';
import type { SendToMatrix } from '../../../src/core/events.ts';
import { asNetworkId, keyFromMsgid } from '../../../src/core/ids.ts';

const line = (body: string, more: Partial<SendToMatrix> = {}): SendToMatrix => ({
  op: 'matrix.message',
  room: '!r',
  network: asNetworkId('home'),
  subject: { kind: 'nick', name: 'bob' },
  nick: 'bob',
  msgtype: 'm.text',
  body,
  timeMs: 1,
  messageKey: keyFromMsgid(body),
  provenance: {
    network: 'home',
    channel: '#c',
    nick: 'Bob',
    account: null,
    origin: null,
    assurance: 'anonymous',
    msgid: null,
    signature: 'none',
  },
  ...more,
});

describe('lines are joined under backlog', () => {
  const lines = fc.array(
    fc.record({
      body: fc.oneof(fc.string({ maxLength: 30 }), fc.constant('x'.repeat(5_000))),
      nick: fc.constantFrom('bob', 'bob', 'bob', 'eve'),
      msgtype: fc.constantFrom('m.text', 'm.text', 'm.text', 'm.notice', 'm.emote'),
      room: fc.constantFrom('!r', '!r', '!r', '!s'),
    }),
    { minLength: 1, maxLength: 80 },
  );

  test('with none lost, in order, each by its own speaker, within bounds', () => {
    fc.assert(
      fc.property(lines, (given) => {
        const all = given.map(({ body, ...more }) =>
          line(body, { ...more, subject: { kind: 'nick', name: more.nick } }),
        );
        let rest = all;
        const said: string[] = [];
        while (rest.length > 0) {
          const count = joinable(rest);
          const [first, ...others] = rest.slice(0, count);
          assert.ok(first !== undefined && count <= 50);
          const whole = joinLines([first, ...others]);
          assert.ok(count === 1 || whole.body.length <= 8_000);
          assert.ok(count === 1 || whole.msgtype !== 'm.emote');
          for (const other of others)
            assert.deepEqual([other.nick, other.msgtype, other.room], [whole.nick, whole.msgtype, whole.room]);
          said.push(whole.body);
          rest = rest.slice(count);
        }
        assert.equal(said.join('\n'), all.map(({ body }) => body).join('\n'));
      }),
    );
  });

  test('into one that says them in order, at the time of the first', () => {
    assert.deepEqual(joinLines([line('a'), line('b', { timeMs: 2 }), line('c', { timeMs: 3 })]), {
      ...line('a'),
      body: 'a\nb\nc',
    });
  });

  test('but not those of an account and of a nick that looks like it', () => {
    assert.equal(joinable([line('a'), line('b', { subject: { kind: 'account', name: 'bob' } })]), 1);
  });

  test('of nothing comes nothing', () => assert.equal(joinable([]), 0));
});
