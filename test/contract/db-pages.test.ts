import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stores } from '../../src/db/stores/stores.ts';
import type { PageRow } from '../../src/ports/page-store.ts';
import { describeOnBothEngines } from './on-both-engines.ts';

const { page } = stores;
const START_MS = 1_763_700_000_000;
const EVENT1 = { room: '!garden:willow.example', eventId: '$event1' };
const row = (n: number, more: Partial<PageRow> = {}): PageRow => ({
  id: `page${n}`,
  roomId: '!garden:willow.example',
  eventId: `$event${n}`,
  rootId: `$event${n}`,
  userId: '@alice:willow.example',
  content: { kind: 'text', text: `text ${n} \u{1f408}` },
  createdAtMs: START_MS + n,
  ...more,
});
/** The row without what is gone with it. */
const gone = (n: number, why: NonNullable<PageRow['gone']>, more: Partial<PageRow> = {}): PageRow => {
  const { content: _, ...rest } = row(n, more);
  return { ...rest, gone: why };
};

describeOnBothEngines('pages', (within) => {
  test('a page comes back as it was put in, and another does not', () =>
    within(async (sql) => {
      const file = row(2, { content: { kind: 'file', mxc: 'mxc://willow.example/a', name: 'ä.png' } });
      await page.insert(sql, row(1));
      await page.insert(sql, file);
      assert.deepEqual(
        [await page.get(sql, 'page1'), await page.get(sql, 'page2'), await page.get(sql, 'page3')],
        [row(1), file, undefined],
      );
    }));

  test('a deleted message takes its pages and those of its versions away, and leaves nothing of them', () =>
    within(async (sql) => {
      await page.insert(sql, row(1));
      await page.insert(sql, row(2, { rootId: '$event1' }));
      await page.insert(sql, row(3));
      await page.eventDeleted(sql, EVENT1, START_MS);
      await page.eventDeleted(sql, EVENT1, START_MS);
      assert.deepEqual(
        [await page.get(sql, 'page1'), await page.get(sql, 'page2'), await page.get(sql, 'page3')],
        [gone(1, 'deleted'), gone(2, 'deleted', { rootId: '$event1' }), row(3)],
      );
      const left = await sql.all<{ n: number }>("SELECT COUNT(*) AS n FROM page WHERE content LIKE '%text 1%'");
      assert.equal(Number(left[0]?.n), 0);
    }));

  test('a page whose message was deleted before is never there', () =>
    within(async (sql) => {
      await page.eventDeleted(sql, EVENT1, START_MS);
      await page.insert(sql, row(1));
      await page.insert(sql, row(2, { rootId: '$event1' }));
      assert.deepEqual(
        [await page.get(sql, 'page1'), await page.get(sql, 'page2')],
        [gone(1, 'deleted'), gone(2, 'deleted', { rootId: '$event1' })],
      );
    }));

  test('a deletion that counts for one person’s words leaves those of others, now and when they come; so does one of another room', () =>
    within(async (sql) => {
      await page.insert(sql, row(1));
      await page.eventDeleted(sql, { ...EVENT1, by: '@bob:willow.example' }, START_MS);
      await page.eventDeleted(sql, { ...EVENT1, room: '!other:willow.example' }, START_MS);
      await page.insert(sql, row(2, { rootId: '$event1' }));
      await page.insert(sql, row(3, { rootId: '$event1', userId: '@bob:willow.example' }));
      const found = [await page.get(sql, 'page1'), await page.get(sql, 'page2'), await page.get(sql, 'page3')];
      assert.deepEqual(
        found.map((each) => each?.gone),
        [undefined, undefined, 'deleted'],
      );
    }));

  test('what a person shared is taken back whole, and why a page is gone stays as it was', () =>
    within(async (sql) => {
      await page.insert(sql, row(1));
      await page.insert(sql, row(2, { userId: '@bob:willow.example' }));
      await page.insert(sql, row(3, { roomId: '!other:willow.example' }));
      assert.equal(await page.withdrawOf(sql, '@alice:willow.example'), 2);
      await page.eventDeleted(sql, EVENT1, START_MS);
      const all = await Promise.all([1, 2, 3].map((n) => page.get(sql, `page${n}`)));
      assert.deepEqual(
        all.map((found) => found?.gone),
        ['withdrawn', undefined, 'withdrawn'],
      );
    }));

  test('old pages are emptied, and much older ones forgotten, with the deletions of that time', () =>
    within(async (sql) => {
      for (const n of [1, 2, 3]) await page.insert(sql, row(n));
      await page.eventDeleted(sql, { ...EVENT1, eventId: '$old' }, START_MS);
      assert.deepEqual([await page.expire(sql, START_MS + 3), await page.expire(sql, START_MS + 3)], [2, 0]);
      assert.deepEqual([await page.get(sql, 'page2'), await page.get(sql, 'page3')], [gone(2, 'expired'), row(3)]);
      assert.deepEqual([await page.prune(sql, START_MS + 2), await page.prune(sql, START_MS + 2)], [2, 0]);
      assert.deepEqual([await page.get(sql, 'page1'), await page.get(sql, 'page2')], [undefined, gone(2, 'expired')]);
    }));
});
