import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditLine } from '../../src/sandbox/audit-view.ts';

const record = {
  kind: 'entry',
  ts: 'x',
  phase: 'outcome',
  action: 'kick',
  resource: 'channel:home/#garden',
  subject: 'localhost erin',
  why: '@erin:localhost: Your membership is suspended, so #garden is closed to you. Ask the council.',
  result: 'done',
};
const shown = (...changes: Readonly<Record<string, unknown>>[]) =>
  changes.map((change) => auditLine(JSON.stringify({ ...record, ...change })));

describe('what a person sees of the audit log', () => {
  test('is who was let in or put out where, and the sentence that says why', () => {
    const why = '@erin:localhost: You are an active member, and Willow is open to you.';
    assert.deepEqual(
      shown(
        {},
        { action: 'invite', resource: 'space:coop', why },
        { action: 'withdraw', resource: 'space:garden' },
        { action: 'irc.kick', subject: 'irc-account home mallory', why: 'Nobody knows you. Ask.' },
        {
          action: 'power',
          resource: 'room:lobby',
          subject: '',
          why: 'Powers follow the roles that the authority names.',
        },
      ),
      [
        '    ← #garden  erin is put out: Your membership is suspended, so #garden is closed to you.',
        '    → the Space  erin is invited: You are an active member, and Willow is open to you.',
        '    ← the Space of garden  erin is invited no more: Your membership is suspended, so #garden is closed to you.',
        '    ← #garden  mallory is put out of the channel: Nobody knows you.',
        '    ↕ #lobby  powers change: Powers follow the roles that the authority names.',
      ],
    );
  });

  test('is also what was refused, and what did not work', () => {
    assert.deepEqual(
      shown({ phase: 'denied', action: 'invite', why: 'You have no seat there.' }, { result: 'hs.gone' }),
      [
        '    → #garden  erin is not let in: You have no seat there.',
        '    ← #garden  erin is put out: Your membership is suspended, so #garden is closed to you. (it did not work: hs.gone; it is tried again)',
      ],
    );
  });

  test('is nothing of intents, of what moves nobody, and of what is no record', () => {
    assert.deepEqual(shown({ phase: 'intent' }, { action: 'm.space.child' }, { kind: 'key', action: undefined }), [
      undefined,
      undefined,
      undefined,
    ]);
    assert.deepEqual(['', '{"phase":', 'null', '7'].map(auditLine), [undefined, undefined, undefined, undefined]);
  });

  test('moves no cursor', () => {
    assert.deepEqual(shown({ why: '@e\u001b[2J:localhost: Out.' }), ['    ← #garden  e\ufffd[2J is put out: Out.']);
  });
});
