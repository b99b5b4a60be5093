import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explain } from '../../../src/core/authority/explain.ts';
import {
  FRESH,
  garden,
  NOW_MS,
  open,
  person,
  saidOf,
  seat,
  silentFor,
  stranger,
  unknown,
  withStatus,
} from './fixture.ts';

describe('an explanation', () => {
  test('of a member: who, what is said, how fresh, and what follows where', () => {
    const ada = person('ada', {
      name: 'Ada',
      seats: [{ ...seat('garden', 'coordinator'), notAfterMs: NOW_MS }, seat('kitchen')],
      roles: [{ role: 'council', notBeforeMs: NOW_MS }],
      handles: [
        { kind: 'mxid', value: '@ada:willow.example' },
        { kind: 'irc-account', network: 'home', value: 'ada' },
      ],
    });
    const lines = explain({
      who: '@ada:willow.example',
      person: saidOf(ada, 3_000),
      resources: [garden, open],
      at: FRESH,
    });
    assert.deepEqual(lines, [
      '@ada:willow.example is Ada, ada of https://id.willow.example.',
      'The authority says: active.',
      'Seats: garden (coordinator until 2027-01-15 08:00 UTC), kitchen (none).',
      'Roles in the cooperative: council from 2027-01-15 08:00 UTC.',
      'Handles: @ada:willow.example, ada (account on home).',
      'That is 0 s old (revision 7, by push). Older than 60 s lets nobody new in; older than 900 s stops confidential rooms.',
      '#garden (channel:home/#garden): has to be out, does not speak, power 0. They are told: #garden is for members of the group garden, and you have no seat there. Ask a coordinator of the group for one; you are let in as soon as the cooperative’s list names it.',
      '#open (channel:home/#open): belongs in it, speaks, power 75, own connection on IRC, operator on IRC. They are told: You are an active member, and #open is open to you.',
    ]);
  });

  test('of a stranger, and of somebody of whom nothing can be known', () => {
    assert.deepEqual(explain({ who: 'home/eve', person: stranger(), resources: [], at: FRESH }), [
      'home/eve is nobody whom the authority names.',
      'That is 0 s old (revision 7, by snapshot). Older than 60 s lets nobody new in; older than 900 s stops confidential rooms.',
    ]);
    const at = silentFor(Number.POSITIVE_INFINITY);
    assert.deepEqual(explain({ who: 'home/eve', person: unknown, resources: [garden], at }), [
      'home/eve: nobody can say now who that is. It did not answer.',
      'The authority was not heard yet. Older than 60 s lets nobody new in; older than 900 s stops confidential rooms.',
      '#garden (channel:home/#garden): nothing changes, speaks, own connection on IRC. They are told: Nobody can say now whether you belong in #garden, so nothing changes: whoever is there stays, nobody new is let in. Try again when the authority answers, or tell an admin.',
    ]);
  });

  test('of words that are not ours', () => {
    const says = (who: ReturnType<typeof withStatus>) =>
      explain({ who: 'bo', person: who, resources: [], at: FRESH })[1];
    assert.equal(
      says(withStatus('hibernating', { statusText: 'sabbatical' })),
      'The authority says: “sabbatical”, which means hibernating.',
    );
    assert.equal(
      says(withStatus('unmapped', { statusText: 'on the moon' })),
      'The authority says: “on the moon”, which nobody explained: an admin has to add it to authority.statuses.',
    );
  });
});
