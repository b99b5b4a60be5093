import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type CatchUp,
  type CatchUpRules,
  catchUpParams,
  catchUpRules,
  type HistoryItem,
  startCatchUp,
  takeHistoryPage,
} from '../../../src/core/irc/history.ts';

const rules: CatchUpRules = { pageSize: 4, pageSizeKnown: true, byMsgid: true, overlapMs: 5000, maxPages: 50 };
const item = (timeMs: number, key = `m${timeMs}`): HistoryItem => ({ key, timeMs });
const page = (items: readonly HistoryItem[], atEnd = false) => ({
  items,
  timesMs: items.map(({ timeMs }) => timeMs),
  atEnd,
  lastMsgid: items.at(-1)?.key,
});

/** A server that keeps history as Ergo does: AFTER a time skips that whole millisecond; `stored` may be out of order of time. */
function serve(stored: readonly HistoryItem[], { anchor, rules: { pageSize } }: CatchUp): readonly HistoryItem[] {
  const from =
    anchor.by === 'msgid'
      ? stored.slice(stored.findIndex(({ key }) => key === anchor.msgid) + 1)
      : stored.filter(({ timeMs }) => timeMs > anchor.timeMs);
  return from.slice(0, pageSize);
}

function catchUp(
  stored: readonly HistoryItem[],
  newestKnownMs: number,
  known: ReadonlySet<string>,
  with_: CatchUpRules = rules,
) {
  const got: HistoryItem[] = [];
  let state = startCatchUp(newestKnownMs, with_);
  for (let pages = 1; ; pages++) {
    const step = takeHistoryPage(state, page(serve(stored, state)), (key) => known.has(key), 99_999);
    got.push(...step.fresh);
    if (step.next.kind === 'end') return { got, pages, gap: step.next.gap, cutAtMs: step.next.cutAtMs };
    state = step.next.catchUp;
  }
}

describe('the request', () => {
  test('goes back some seconds before what is known', () => {
    assert.deepEqual(catchUpParams('#c', startCatchUp(Date.UTC(2026, 0, 2, 3, 4, 5, 678), rules)), [
      'AFTER',
      '#c',
      'timestamp=2026-01-02T03:04:00.678Z',
      '4',
    ]);
    assert.deepEqual(catchUpParams('#c', startCatchUp(0, rules))[2], 'timestamp=1970-01-01T00:00:00.000Z');
  });

  test('asks for as much as the server gives', () => {
    assert.deepEqual(
      [catchUpRules(1000), catchUpRules(50), catchUpRules(0), catchUpRules(999_999)].map(
        ({ pageSize, pageSizeKnown }) => [pageSize, pageSizeKnown],
      ),
      [
        [1000, true],
        [50, true],
        [100, false],
        [1000, true],
      ],
    );
  });
});

describe('catching up', () => {
  const known = new Set(['m10000']);

  test('gives what is not known, once, over pages', () => {
    const stored = [10_000, 10_001, 10_002, 10_003, 10_004, 10_005, 10_006, 10_007].map((timeMs) => item(timeMs));
    const { got, gap, cutAtMs } = catchUp(stored, 10_000, known);
    assert.deepEqual({ got, gap, cutAtMs }, { got: stored.slice(1), gap: undefined, cutAtMs: undefined });
  });

  test('finds a line that was stored late with an earlier time', () => {
    const stored = [item(10_000), item(9_990, 'late')];
    assert.deepEqual(catchUp(stored, 10_000, known), {
      got: [item(9_990, 'late')],
      pages: 2,
      gap: undefined,
      cutAtMs: undefined,
    });
  });

  test('finds a line that was stored after its page, with a time before the end of that page', () => {
    const stored = [item(10_000), item(10_010), item(10_020), item(10_030), item(10_025, 'late'), item(10_040)];
    assert.deepEqual(catchUp(stored, 10_000, known).got, stored.slice(1));
  });

  test('with nothing new is at its end', () => {
    assert.deepEqual(catchUp([item(10_000)], 10_000, known), { got: [], pages: 2, gap: undefined, cutAtMs: undefined });
  });

  test('goes on behind a page that is shorter than the limit: servers leave out after they counted', () => {
    const stored = Array.from({ length: 30 }, (_, i) => item(10_000 + i));
    let state: CatchUp = startCatchUp(10_000, { ...rules, pageSize: 100 });
    const got: HistoryItem[] = [];
    for (let isOver = false; !isOver; ) {
      const short = page(serve(stored, { ...state, rules: { ...rules, pageSize: 3 } }));
      const step = takeHistoryPage(state, short, (key) => known.has(key), 99_999);
      got.push(...step.fresh);
      if (step.next.kind === 'page') state = step.next.catchUp;
      else {
        assert.deepEqual(step.next, { kind: 'end', gap: undefined, cutAtMs: undefined });
        isOver = true;
      }
    }
    assert.deepEqual(got, stored.slice(1));
  });

  test('says where history does not reach back', () => {
    assert.deepEqual(catchUp([item(20_000), item(21_000)], 10_000, known).gap, { fromMs: 10_000, toMs: 20_000 });
    assert.deepEqual(catchUp([], 10_000, known).gap, { fromMs: 10_000, toMs: 99_999 });
  });

  test('does not take what was stored since for proof that history reaches back', () => {
    const since = new Set(['m20000']);
    assert.deepEqual(catchUp([item(20_000)], 10_000, since), {
      got: [],
      pages: 2,
      gap: { fromMs: 10_000, toMs: 99_999 },
      cutAtMs: undefined,
    });
  });

  test('stops at its bound and says where', () => {
    const stored = Array.from({ length: 100 }, (_, i) => item(10_000 + i));
    const { got, pages, cutAtMs } = catchUp(stored, 10_000, known, { ...rules, maxPages: 3 });
    assert.deepEqual({ pages, cutAtMs }, { pages: 3, cutAtMs: got.at(-1)?.timeMs });
  });

  test('stops where the server says so', () => {
    const full = page([item(10_000), item(10_001), item(10_002), item(10_003)], true);
    assert.equal(takeHistoryPage(startCatchUp(10_000, rules), full, (key) => known.has(key), 0).next.kind, 'end');
  });

  test('goes on by msgid where a page is one millisecond', () => {
    const stored = [item(10_000), ...Array.from({ length: 11 }, (_, i) => item(10_001, `same${i}`)), item(10_002)];
    const { got, cutAtMs } = catchUp(stored, 10_000, known);
    assert.deepEqual(
      { keys: got.map(({ key }) => key), cutAtMs },
      { keys: stored.slice(1).map(({ key }) => key), cutAtMs: undefined },
    );
  });

  test('gives up, and says so, where there is no msgid to go on by', () => {
    const same = {
      ...page([item(10_001, 'a'), item(10_001, 'b'), item(10_001, 'c'), item(10_001, 'd')]),
      lastMsgid: undefined,
    };
    const first = takeHistoryPage(startCatchUp(10_000, rules), same, () => false, 0);
    assert.ok(first.next.kind === 'page');
    const second = takeHistoryPage(first.next.catchUp, same, () => false, 0);
    assert.deepEqual(second.next, { kind: 'end', gap: { fromMs: 10_000, toMs: 10_000 }, cutAtMs: 10_001 });
  });

  test('never asks by msgid where the server knows times only: it would tell from the beginning', () => {
    assert.deepEqual(
      [catchUpRules(500, ['timestamp']), catchUpRules(500, ['msgid', 'timestamp']), catchUpRules(500)].map(
        ({ byMsgid }) => byMsgid,
      ),
      [false, true, true],
    );
    const timesOnly = { ...rules, byMsgid: false };
    const same = page([item(10_001, 'a'), item(10_001, 'b'), item(10_001, 'c'), item(10_001, 'd')]);
    const first = takeHistoryPage(startCatchUp(10_000, timesOnly), same, () => false, 0);
    assert.ok(first.next.kind === 'page');
    const second = takeHistoryPage(first.next.catchUp, same, () => false, 0);
    assert.deepEqual(second.next, { kind: 'end', gap: { fromMs: 10_000, toMs: 10_000 }, cutAtMs: 10_001 });
  });

  test('of a server that names no limit ends only when nothing new comes', () => {
    const stored = [10_000, 10_001, 10_002, 10_003, 10_004].map((timeMs) => item(timeMs));
    const smallPages = { ...rules, pageSize: 3 };
    let state: CatchUp = startCatchUp(10_000, { ...smallPages, pageSize: 100, pageSizeKnown: false });
    const got: HistoryItem[] = [];
    for (;;) {
      const step = takeHistoryPage(
        state,
        page(serve(stored, { ...state, rules: smallPages })),
        (key) => known.has(key),
        0,
      );
      got.push(...step.fresh);
      if (step.next.kind === 'end') break;
      state = step.next.catchUp;
    }
    assert.deepEqual(got, stored.slice(1));
  });

  test('counts pseudo messages that were left out', () => {
    const pseudo = { items: [item(10_000)], timesMs: [10_000, 10_001, 10_002, 10_003], atEnd: false, lastMsgid: 'x' };
    assert.equal(takeHistoryPage(startCatchUp(10_000, rules), pseudo, (key) => known.has(key), 0).next.kind, 'page');
  });

  test('loses nothing of a busy channel, wherever it is cut and however late lines were stored', () => {
    const stored = fc
      .array(fc.record({ stepMs: fc.integer({ min: 0, max: 300 }), lateMs: fc.integer({ min: 0, max: 100 }) }), {
        minLength: 1,
        maxLength: 120,
      })
      .map((steps) => {
        let nowMs = 10_000;
        return steps.map(({ stepMs, lateMs }, i) => {
          nowMs += stepMs;
          return item(nowMs - lateMs, `k${i}`);
        });
      });
    fc.assert(
      fc.property(stored, fc.nat(), (items, cutAt) => {
        const seen = items.slice(0, 1 + (cutAt % items.length));
        const keys = new Set(seen.map(({ key }) => key));
        const newestMs = Math.max(...seen.map(({ timeMs }) => timeMs));
        const { got, gap, cutAtMs } = catchUp(items, newestMs, keys, { ...rules, pageSize: 30 });
        assert.deepEqual(
          { got: got.map(({ key }) => key).sort(), gap, cutAtMs },
          {
            got: items
              .map(({ key }) => key)
              .filter((key) => !keys.has(key))
              .sort(),
            gap: undefined,
            cutAtMs: undefined,
          },
        );
      }),
      { numRuns: 500 },
    );
  });
});
