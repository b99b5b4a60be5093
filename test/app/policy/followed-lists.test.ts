import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lanes } from '../../../src/app/lanes/lanes.ts';
import { Ledger } from '../../../src/app/lanes/ledger.ts';
import { FollowedLists } from '../../../src/app/policy/followed-lists.ts';
import { Signal } from '../../../src/app/timing/signal.ts';
import type { MatrixEvent } from '../../../src/core/events.ts';
import { MAX_RULES } from '../../../src/core/policy/list-rules.ts';
import { namesOfUser, PolicyBook } from '../../../src/core/policy/policy-book.ts';
import { openForTest } from '../../db/kit.ts';
import { BOT, FakeHomeserver, SERVER } from '../../fakes/fake-homeserver.ts';
import { kitFor } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ROOM = `!coc:${SERVER}`;
const ALIAS = `#coc:${SERVER}`;
const MOD = `@mod:${SERVER}`;
const USER = 'm.policy.rule.user';
const AWAY = { code: 'matrix.away', text: 'It is away.', retry: 'later', notify: 'log' } as const;

/** A list on a homeserver, and what follows it, over a real database. */
async function worldOf() {
  const clock = new ManualClock();
  const homeserver = new FakeHomeserver(clock);
  const db = await openForTest('sqlite::memory:');
  homeserver.aliases.set(ALIAS, ROOM);
  homeserver.happen(ROOM, MOD, 'm.room.create', { room_version: '10' }, '');
  let stopped: (() => void) | undefined;

  /** A run of the program. */
  const run = async (references: readonly string[] = ['#coc']) => {
    stopped?.();
    const life = new Life();
    const kit = kitFor(db, clock, { homeserver: homeserver.connect(life) });
    const ledger = new Ledger(kit, () => ({ add() {}, depth: () => 0 }) as unknown as Lanes);
    const book = new PolicyBook(kit.homeserver);
    const problems: (string | undefined)[] = [];
    const state = { changes: 0, stopping: false };
    const nudge = new Signal(clock);
    const lists = new FollowedLists({
      ...{ kit, book, nudge },
      stopping: () => state.stopping,
      onChanged: () => state.changes++,
      onProblem: ({ problem }) => problems.push(problem),
    });
    await lists.load(references);
    stopped = () => {
      state.stopping = true;
      lists.stop();
    };
    return {
      ...{ lists, book, problems, nudge },
      tell: (...events: readonly MatrixEvent[]) =>
        ledger.write(async (entry) => {
          for (const event of events) await lists.seen(entry, event);
        }),
      isMeant: (userId: string): boolean => book.match([ROOM], namesOfUser(userId)) !== undefined,
      changes: () => state.changes,
    };
  };
  const rule = (key: string, entity: string | undefined, type = USER): MatrixEvent =>
    homeserver.happen(ROOM, MOD, type, entity === undefined ? {} : { entity, recommendation: 'm.ban' }, key);
  /** Lets what waits for the clock have its turn. */
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < 20; at++) {
      clock.advance(ms / 20);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  return { clock, homeserver, run, rule, pass };
}

describe('a policy list that is followed', () => {
  test('is entered and read at the start, and its changes hold once they are on disk', async () => {
    const { run, rule, homeserver } = await worldOf();
    rule('a', '@eve:x');
    const { lists, isMeant, tell } = await run();
    await lists.begin();
    assert.equal(homeserver.room(ROOM).members.get(BOT), 'join');
    assert.deepEqual([isMeant('@eve:x'), isMeant('@bob:x')], [true, false]);
    await tell(rule('b', '@bob:x'), rule('a', undefined));
    assert.deepEqual([isMeant('@eve:x'), isMeant('@bob:x')], [false, true]);
  });

  test('holds after a restart while the homeserver is away, and no longer when the configuration names it no more', async () => {
    const { run, rule, homeserver } = await worldOf();
    rule('a', '@eve:x');
    const first = await run();
    await first.lists.begin();
    await first.tell(rule('b', '@bob:x'));
    homeserver.fault = () => ({ kind: 'failed', error: AWAY });
    const second = await run();
    assert.deepEqual([second.isMeant('@eve:x'), second.isMeant('@bob:x')], [true, true]);
    await second.lists.begin();
    assert.deepEqual([second.isMeant('@eve:x'), second.problems], [true, ['It is away.']]);
    second.lists.configure([]);
    assert.equal(second.isMeant('@eve:x'), false);
    const third = await run([]);
    const fourth = await run();
    assert.deepEqual([third.isMeant('@eve:x'), fourth.isMeant('@eve:x')], [false, false]);
  });

  test('takes an event that comes twice, late or out of turn for what the room says it is', async () => {
    const { run, rule, pass, clock } = await worldOf();
    const { lists, isMeant, tell } = await run();
    await lists.begin();
    const banned = rule('a', '@eve:x');
    clock.advance(1);
    const pardoned = rule('a', undefined);
    await tell(pardoned);
    await tell(banned, banned);
    assert.equal(isMeant('@eve:x'), false);
    await pass(2_000);
    assert.equal(isMeant('@eve:x'), false);
    // Of a server whose clock is wrong: what comes later says that it is older.
    const future = { ...rule('b', '@bob:x'), origin_server_ts: 9e15 };
    await tell(future);
    assert.equal(isMeant('@bob:x'), true);
    await tell(rule('b', undefined));
    await pass(3_000);
    assert.equal(isMeant('@bob:x'), false);
  });

  test('loses a rule that is redacted, once the homeserver says that it is empty', async () => {
    const { run, rule, pass, homeserver } = await worldOf();
    const event = rule('a', '@eve:x');
    const { lists, isMeant, tell } = await run();
    await lists.begin();
    const redaction = { ...homeserver.happen(ROOM, '@anybody:x', 'm.room.redaction', {}), redacts: event.event_id };
    await tell(redaction);
    await pass(2_000);
    assert.equal(isMeant('@eve:x'), true);
    homeserver.room(ROOM).state.set(`${USER} a`, { ...event, content: {} });
    await tell({ ...redaction, event_id: '$second' });
    await pass(60_000);
    assert.equal(isMeant('@eve:x'), false);
  });

  test('goes on to hold where the bot is put out, which is told once, and is entered again as soon as it is invited', async () => {
    const { run, rule, pass, homeserver } = await worldOf();
    rule('a', '@eve:x');
    const { lists, isMeant, tell, problems, nudge } = await run();
    await lists.begin();
    homeserver.fault = ({ name }) =>
      name === 'join' ? { kind: 'failed', error: { ...AWAY, retry: 'never' } } : undefined;
    await tell(homeserver.happen(ROOM, MOD, 'm.room.member', { membership: 'ban' }, BOT));
    await pass(30_000);
    rule('a', undefined);
    await pass(60_000);
    assert.deepEqual([isMeant('@eve:x'), problems.length], [true, 1]);
    assert.match(problems[0] ?? '', /Invite the bot there/);
    homeserver.fault = () => undefined;
    nudge.raise();
    await pass(2_000);
    assert.deepEqual([isMeant('@eve:x'), problems.length, problems[1]], [false, 2, undefined]);
  });

  test('is read whole after an interruption, whatever was missed', async () => {
    const { run, rule, pass } = await worldOf();
    rule('a', '@eve:x');
    const { lists, isMeant, changes } = await run();
    await lists.begin();
    await pass(2_000);
    const before = changes();
    rule('a', undefined);
    rule('b', '@bob:x');
    lists.interrupted();
    await pass(2_000);
    assert.deepEqual([isMeant('@eve:x'), isMeant('@bob:x'), changes()], [false, true, before + 1]);
    lists.interrupted();
    await pass(40_000);
    assert.equal(changes(), before + 1);
  });

  test('follows its alias to another room, and forgets the one before', async () => {
    const { run, rule, pass, homeserver } = await worldOf();
    rule('a', '@eve:x');
    const { lists, book, isMeant } = await run();
    await lists.begin();
    const other = `!coc2:${SERVER}`;
    homeserver.aliases.set(ALIAS, other);
    homeserver.happen(other, MOD, USER, { entity: '@bob:x', recommendation: 'm.ban' }, 'a');
    lists.interrupted();
    await pass(2_000);
    assert.equal(isMeant('@eve:x'), false);
    assert.equal(book.match([other], namesOfUser('@bob:x'))?.list, other);
    assert.equal(lists.roomOf('#coc'), other);
  });

  test('tells keys apart by type and by all of their letters', async () => {
    const { run, rule } = await worldOf();
    const { lists, isMeant, tell, book } = await run();
    await lists.begin();
    const keys = ['', ' ', 'a', 'A', '__proto__', 'constructor', `${USER}\na`, 'ä'];
    await tell(
      ...keys.map((key, at) => rule(key, `@p${at}:x`)),
      rule('a', '@legacy:x', 'org.matrix.mjolnir.rule.user'),
    );
    assert.ok(keys.every((_, at) => isMeant(`@p${at}:x`)) && isMeant('@legacy:x'));
    await tell(rule('a', undefined));
    assert.deepEqual([isMeant('@p2:x'), isMeant('@p3:x'), isMeant('@legacy:x')], [false, true, true]);
    await tell({ ...rule('x', '@timeline:x'), state_key: undefined } as unknown as MatrixEvent);
    assert.equal(book.rules(ROOM)?.size, keys.length);
  });

  test('of ten thousand rules is read without keeping others waiting, and somebody new is found in it at once', async () => {
    const { run, homeserver } = await worldOf();
    const { state } = homeserver.room(ROOM);
    for (let at = 0; at < 10_000; at++) {
      const entity = at % 2 === 0 ? `@spam${at}:evil.example` : `*spam${at}*:evil?.example`;
      const event = {
        event_id: `$r${at}`,
        room_id: ROOM,
        sender: MOD,
        type: USER,
        origin_server_ts: 1,
        state_key: `${at}`,
      };
      state.set(`${USER} ${at}`, { ...event, content: { entity, recommendation: 'm.ban', reason: 'spam' } });
    }
    const { lists, book, isMeant } = await run();
    let longestMs = 0;
    let lastMs = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    await lists.begin();
    clearInterval(watch);
    assert.ok(longestMs < 1_000, `others waited ${longestMs} ms`);
    assert.equal(book.rules(ROOM)?.size, 10_000);
    assert.ok(MAX_RULES >= 10_000);
    const fromMs = performance.now();
    for (let at = 0; at < 100; at++) assert.equal(isMeant(`@person${at}:good.example`), false);
    assert.ok(performance.now() - fromMs < 1_000);
    assert.equal(isMeant('@xspam77y:evil1.example'), true);
  });
});
