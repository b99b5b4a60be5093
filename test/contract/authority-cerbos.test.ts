import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeDecisionPoint } from '../../src/authority/authzen/decision-point.ts';
import { systemClock } from '../../src/clock.ts';
import type { DecisionPoint, DecisionQuestion } from '../../src/ports/authority.ts';
import { silentLog } from '../fakes/silent-log.ts';
import { type Cerbos, startCerbos } from '../servers/cerbos.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const asked = (change: Partial<DecisionQuestion> = {}): DecisionQuestion => ({
  subject: { iss: 'https://id.willow.example', sub: 'ada' },
  roles: ['member'],
  action: 'channel.join',
  resource: 'channel:home/#garden',
  ...change,
});

describe('a decision point that is a real Cerbos', () => {
  let cerbos: Cerbos;
  let decisions: DecisionPoint;
  const says = async (question: DecisionQuestion): Promise<boolean | string> => {
    const said = await decisions.evaluate(question);
    return said.kind === 'found' ? said.value.allow : said.kind === 'unknown' ? said.reason : said.kind;
  };

  before(async () => {
    cerbos = await startCerbos({ dir: makeTempDir('cerbos') });
    decisions = makeDecisionPoint({ url: cerbos.url, clock: systemClock, log: silentLog });
  });
  after(async () => {
    await decisions.close();
    await cerbos.stop();
  });

  test('refuses what no policy allows', async () => {
    assert.equal(await says(asked()), false);
  });

  test('decides by role, action, resource and subject, and anew after the policy changed', async () => {
    await cerbos.setPolicy('channel', [
      { actions: ['channel.join'], roles: ['member'], when: 'R.id != "home/#locked" && P.id != "mallory"' },
      { actions: ['channel.moderate'], roles: ['coordinator'], when: 'P.attr.iss == "https://id.willow.example"' },
    ]);
    await waitUntil(async () => (await says(asked())) === true, { what: 'the policy to be read' });
    const questions: readonly [Partial<DecisionQuestion>, boolean][] = [
      [{}, true],
      [{ resource: 'channel:home/#locked' }, false],
      [{ resource: 'space:garden' }, false],
      [{ action: 'channel.send' }, false],
      [{ action: 'channel.moderate' }, false],
      [{ action: 'channel.moderate', roles: ['member', 'coordinator'] }, true],
      [{ roles: [] }, false],
      [{ subject: { iss: 'https://id.willow.example', sub: 'mallory' } }, false],
      [
        { action: 'channel.moderate', roles: ['coordinator'], subject: { iss: 'https://elm.example', sub: 'ada' } },
        false,
      ],
    ];
    for (const [change, expected] of questions)
      assert.equal(await says(asked(change)), expected, JSON.stringify(change));
    await cerbos.setPolicy('channel', [{ actions: ['channel.join'], roles: ['council'] }]);
    await waitUntil(async () => (await says(asked())) === false, { what: 'the new policy to be read' });
  });

  test('is asked a thousand times at once and answers each', async () => {
    await cerbos.setPolicy('channel', [{ actions: ['*'], roles: ['member'] }]);
    await waitUntil(async () => (await says(asked())) === true, { what: 'the policy to be read' });
    const all = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => says(asked({ roles: [i % 2 === 0 ? 'member' : 'guest'] }))),
    );
    assert.deepEqual(
      all,
      all.map((_, i) => i % 2 === 0),
    );
  });

  test('says nothing while it is down or hangs, and decides again afterwards', async () => {
    await cerbos.kill9();
    assert.equal(await says(asked()), 'unreachable');
    await cerbos.start();
    assert.equal(await says(asked()), true);
    await cerbos.pause();
    assert.equal(await says(asked()), 'timeout');
    cerbos.resume();
    assert.equal(await says(asked()), true);
  });
});
