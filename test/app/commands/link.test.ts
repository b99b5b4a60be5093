import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answering } from '../../../src/app/commands/answering.ts';
import { ANSWERS } from '../../../src/app/commands/answers.ts';

const PRIVATE = '!private:willow.example';

/** As an authority is asked, who knows Anna. */
const from = {
  enforcement: {
    admission: { subjectRefOf: () => ({ iss: 'willow', sub: 'anna' }) },
    visiting: { privateRooms: { has: (room: string) => room === PRIVATE } },
    settings: { botNicks: () => ['causeway', 'cw2'] },
    proofs: { begin: () => ({ code: 'ABCD2345' }) },
  },
} as unknown as Answering;

const asksIn = (room: string) => ANSWERS.link(from, { kind: 'matrix', userId: '@anna:willow.example', room }, []);

describe('the code by which somebody proves that an account is theirs', () => {
  test('is told in no room where others could read it, and say it first', async () => {
    assert.equal(
      await asksIn('!commons:willow.example'),
      'Others read along here, so no code is told. Instead say `/msg causeway link` or `/msg cw2 link` on IRC, logged in to your account: the bot gives you a code there, and `!causeway link CODE` may be said here.',
    );
  });

  test('is told where the bot and whoever asks are alone', async () => {
    assert.equal(
      await asksIn(PRIVATE),
      'Your code is ABCD2345. Within ten minutes say `/msg causeway link CODE` or `/msg cw2 link CODE` on IRC, logged in to your account, with this code.',
    );
  });
});
