import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stores } from '../../src/db/stores/stores.ts';
import type { AuthorityMemberRow } from '../../src/ports/authority-stores.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const long = (head: string): string => `${head}${'x'.repeat(3000)}`;

describeOnBothEngines('what follows from the authority', (within) => {
  test('ten thousand members are put, one of them again, and all come back as they were', () =>
    within(async (sql) => {
      const { authority } = stores;
      const rows = Array.from(
        { length: 10_000 },
        (_, n): AuthorityMemberRow => ({
          subject: `https://id.test ${String(n).padStart(5, '0')}`,
          json: JSON.stringify({ n, name: '日本 🪴' }),
          revision: 1_763_700_000_000 + n,
          asOfMs: 1_763_700_000_000,
        }),
      );
      await authority.put(sql, rows);
      const [, second] = rows;
      assert.ok(second !== undefined);
      const gone = { ...second, json: null, revision: second.revision + 5, asOfMs: second.asOfMs + 9 };
      await authority.put(sql, [gone]);
      assert.deepEqual(
        await authority.members(sql),
        rows.map((row) => (row === second ? gone : row)),
      );
      await authority.clear(sql);
      assert.deepEqual(await authority.members(sql), []);
      await authority.put(sql, []);
    }));

  test('subjects too long for an index stay whole and apart', () =>
    within(async (sql) => {
      const { authority } = stores;
      const row = (subject: string): AuthorityMemberRow => ({ subject, json: '{}', revision: 1, asOfMs: 2 });
      const rows = [row(long('a')), row(`${long('a')}y`), row(`${long('a')}z`)];
      await authority.put(sql, rows);
      await authority.put(sql, rows);
      assert.deepEqual(await authority.members(sql), rows);
    }));

  test('a handle has one subject; whose it was before is said', () =>
    within(async (sql) => {
      const { identityLink } = stores;
      const ann = { handle: 'irc-account home ann', subject: 'i ann', provenAtMs: 5, how: 'code on IRC' };
      const bea = { ...ann, subject: 'i bea', provenAtMs: 6 };
      const other = { ...ann, handle: long('did ') };
      assert.equal(await identityLink.put(sql, ann), undefined);
      assert.deepEqual(await identityLink.put(sql, bea), ann);
      await identityLink.put(sql, other);
      assert.deepEqual(await identityLink.all(sql), [other, bea]);
      await identityLink.delete(sql, other.handle);
      await identityLink.delete(sql, 'nobody');
      assert.deepEqual(await identityLink.all(sql), [bea]);
    }));

  test('documents of a directory are put, replaced and deleted', () =>
    within(async (sql) => {
      const { scim } = stores;
      const rows = Array.from({ length: 2100 }, (_, n) => ({
        key: `u ${String(n).padStart(4, '0')}`,
        json: `{"n":${n}}`,
      }));
      await scim.put(sql, rows);
      await scim.put(sql, [{ key: 'u 0001', json: 'null' }]);
      assert.deepEqual((await scim.all(sql)).slice(0, 3), [rows[0], { key: 'u 0001', json: 'null' }, rows[2]]);
      await scim.delete(
        sql,
        rows.slice(1).map(({ key }) => key),
      );
      await scim.delete(sql, []);
      assert.deepEqual(await scim.all(sql), [rows[0]]);
    }));

  test('a resource has one held plan, and a plan that comes again keeps its time', () =>
    within(async (sql) => {
      const { heldPlan } = stores;
      const first = { hash: 'aaaa', resource: 'space:willow', text: 'removes 9', createdAtMs: 5 };
      const garden = { ...first, hash: 'gggg', resource: 'space:garden', createdAtMs: 4 };
      await heldPlan.put(sql, first);
      await heldPlan.put(sql, garden);
      await heldPlan.put(sql, { ...first, createdAtMs: 8 });
      assert.deepEqual(await heldPlan.all(sql), [garden, first]);
      const newer = { ...first, hash: 'bbbb', createdAtMs: 9 };
      await heldPlan.put(sql, newer);
      assert.deepEqual(await heldPlan.all(sql), [garden, newer]);
      await heldPlan.delete(sql, 'gggg');
      assert.deepEqual(await heldPlan.all(sql), [newer]);
    }));

  test('an assertion is used once; what is over is forgotten, and so many are kept of each agreement', () =>
    within(async (sql) => {
      const { visitor } = stores;
      const use = (jti: string, nowMs: number, agreement = 'elm', untilMs = 100) =>
        visitor.use(sql, { agreement, issuer: 'https://id.elm.test', jti, untilMs }, nowMs, 2);
      const answers = [
        await use('a', 1),
        await use('a', 2),
        await use(long('a'), 3),
        await use('c', 4),
        await use('c', 5, 'oak'),
        await use('c', 101, 'elm', 200),
      ];
      assert.deepEqual(answers, ['first', 'used', 'first', 'too-many', 'first', 'first']);
    }));

  test('a visit is kept until it was over for long; a newer one of the same account replaces it', () =>
    within(async (sql) => {
      const { visitor } = stores;
      const visit = { agreement: 'elm', userId: '@vera:elm.test', json: '{"n":1}', overMs: 50 };
      const newer = { ...visit, json: '{"n":2}', overMs: 90 };
      const other = { ...visit, agreement: 'elm-2', userId: long('@x'), overMs: 70 };
      await visitor.put(sql, [visit, other]);
      await visitor.put(sql, [newer]);
      assert.deepEqual(await visitor.visits(sql), [other, newer]);
      await visitor.prune(sql, 80);
      assert.deepEqual(await visitor.visits(sql), [newer]);
    }));
});
