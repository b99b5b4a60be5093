import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asNetworkId, makePortalId } from '../../../src/core/ids.ts';
import {
  planShutOuts,
  type ShutOut,
  type ShutVerdict,
  type ShutView,
  tooMany,
} from '../../../src/core/policy/plan-shut-outs.ts';

const portal = makePortalId(asNetworkId('home'), '#c');
const person = (nick: string) => ({ ghost: `@${nick}`, who: { nick, account: null } });
const done = (nick: string, more: Partial<ShutOut> = {}): ShutOut => ({
  ...person(nick),
  portal,
  room: '!r',
  reason: 'spam',
  masks: [`${nick}!*@*`],
  ...more,
});
const OUT: ShutVerdict = { kind: 'out', reason: 'spam' };
const view = (verdicts: Readonly<Record<string, ShutVerdict>>, more: Partial<ShutView>): ShutView => ({
  done: [],
  inRoom: [],
  inChannel: [],
  mayPutOut: true,
  mayLift: true,
  verdictOf: (ghost) => verdicts[ghost] ?? { kind: 'free' },
  ...more,
});

describe('what follows from policy lists in one channel', () => {
  test('who is meant is put out of the channel, then banned from the room; nobody else is touched', () => {
    const people = [person('pest'), person('bob')];
    assert.deepEqual(planShutOuts(view({ '@pest': OUT }, { inRoom: people, inChannel: people })), [
      { kind: 'put-out', ...person('pest'), reason: 'spam' },
      { kind: 'ban', ...person('pest'), reason: 'spam' },
    ]);
  });

  test('where the bot is no operator, or the mapping keeps it from acting, the room alone is kept', () => {
    const people = [person('pest')];
    const steps = planShutOuts(view({ '@pest': OUT }, { inRoom: people, inChannel: people, mayPutOut: false }));
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['ban'],
    );
  });

  test('what was done is undone when the rule is gone, and only then', () => {
    const before = [done('a'), done('b'), done('c')];
    const steps = planShutOuts(view({ '@a': OUT, '@b': { kind: 'unsure' } }, { done: before }));
    assert.deepEqual(steps, [{ kind: 'lift', done: before[2] }]);
  });

  test('a ban in the channel waits for the bot to be an operator again, a ban in the room does not', () => {
    const before = [done('a'), done('b', { room: null })];
    assert.deepEqual(planShutOuts(view({}, { done: before, mayLift: false })), [{ kind: 'lift', done: before[0] }]);
  });

  test('nobody is put out of whom it cannot be known whether the cooperative knows them', () => {
    const people = [person('a')];
    assert.deepEqual(planShutOuts(view({ '@a': { kind: 'unsure' } }, { inRoom: people, inChannel: people })), []);
  });

  test('more than a few and more than half of the people at once wait for a word', () => {
    const crowd = (size: number) => Array.from({ length: size }, (_, at) => person(`p${at}`));
    const asked = (meant: number, there: number) => {
      const verdicts = Object.fromEntries(crowd(meant).map(({ ghost }) => [ghost, OUT]));
      const people = { inRoom: crowd(there), inChannel: crowd(there) };
      return tooMany(planShutOuts(view(verdicts, people)), there)?.length;
    };
    assert.deepEqual([asked(5, 5), asked(6, 12), asked(7, 12), asked(12, 12)], [undefined, undefined, 7, 12]);
  });
});
