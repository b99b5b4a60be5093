import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BoundedReports } from '../../../src/app/policy/bounded-reports.ts';
import { ShutOutBook } from '../../../src/app/policy/shut-out-book.ts';
import { ShutSteps } from '../../../src/app/policy/shut-steps.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import { type BridgeError, fail, ok } from '../../../src/core/errors.ts';
import type { ShutStep } from '../../../src/core/policy/plan-shut-outs.ts';
import { noAudit } from '../../../src/ports/audit.ts';
import type { Network } from '../../../src/ports/network.ts';
import { openForTest } from '../../db/kit.ts';
import { BOT, FakeHomeserver, SERVER } from '../../fakes/fake-homeserver.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { configOf, kitFor } from '../../fakes/fake-world.ts';
import { Life } from '../../fakes/life.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const ROOM = `!commons:${SERVER}`;
const GHOST = `@_causeway_home_pest:${SERVER}`;
const MOD = `@mod:${SERVER}`;
const REASON = 'shut out by the policy list #coc: spam';
const who = { nick: 'pest', account: null };
const ban: ShutStep = { kind: 'ban', ghost: GHOST, who, reason: REASON };
const putOut: ShutStep = { kind: 'put-out', ghost: GHOST, who, reason: REASON };
const error = (retry: BridgeError['retry']): BridgeError => ({ code: 'x', text: 'No.', retry, notify: 'log' });

/** A channel with its list of bans by who set each, a room, and what puts people out of both. */
async function worldOf() {
  const clock = new ManualClock();
  const homeserver = new FakeHomeserver(clock);
  homeserver.happen(ROOM, GHOST, 'm.room.member', { membership: 'join' }, GHOST);
  const bans = new Map<string, 'bot' | 'olga'>();
  const kicked: string[] = [];
  const refusal: { now: BridgeError | undefined } = { now: undefined };
  const guard = {
    kick: async (_: string, nick: string) => {
      kicked.push(nick);
      return ok(undefined);
    },
    bans: {
      maskOf: ({ nick }: { nick: string }) => `${nick}!*@*`,
      add: async (_: string, mask: string) => {
        if (refusal.now !== undefined) return fail(refusal.now);
        const setter = bans.get(mask);
        if (setter === undefined) bans.set(mask, 'bot');
        return ok(setter === 'olga' ? ('there' as const) : ('set' as const));
      },
      remove: async (_: string, mask: string) => {
        if (refusal.now !== undefined) return fail(refusal.now);
        if (bans.get(mask) === 'bot') bans.delete(mask);
        return ok(undefined);
      },
    },
  };
  const connected = homeserver.connect(new Life());
  const kit = kitFor(await openForTest('sqlite::memory:'), clock, {
    homeserver: {
      ...connected,
      // As the real one: with the reason in the content.
      ban: async (as, room, userId, reason) => {
        const banned = await connected.ban(as, room, userId, reason);
        if (banned.ok) homeserver.happen(room, as, 'm.room.member', { membership: 'ban', reason }, userId);
        return banned;
      },
    },
    networks: new Map([[HOME, { id: HOME, guard } as unknown as Network]]),
  });
  const [config] = configOf([{ channel: '#c', room: '#c' }]).networks[0]?.channels ?? [];
  assert.ok(config !== undefined);
  const portals = new PortalTable();
  const portal = portals.add(HOME, config);
  portals.setRoom(portal, ROOM);
  const book = await ShutOutBook.open(kit);
  const said: string[] = [];
  const reports = new BoundedReports(clock, (text) => said.push(text));
  const left: string[] = [];
  const ghosts = {
    leave: async (userId: string) => {
      left.push(userId);
      return ok(undefined);
    },
  };
  const steps = new ShutSteps({ kit, done: book, ghosts, audit: noAudit, reports });
  const lift = async () => {
    for (const done of book.ofPortal(portal.id)) await steps.run(portal, { kind: 'lift', done });
  };
  return { kit, homeserver, bans, kicked, refusal, portal, book, steps, said, left, lift };
}

describe('putting somebody out because of a policy list', () => {
  test('twice is the same as once, and is undone whole', async () => {
    const { steps, portal, book, bans, kicked, homeserver, lift, kit } = await worldOf();
    for (const step of [putOut, ban, putOut, ban]) assert.deepEqual(await steps.run(portal, step), ok(undefined));
    assert.deepEqual([...bans], [['pest!*@*', 'bot']]);
    assert.deepEqual(kicked, ['pest', 'pest']);
    const done = { portal: portal.id, ghost: GHOST, who, room: ROOM, reason: REASON, masks: ['pest!*@*'] };
    assert.deepEqual(book.ofPortal(portal.id), [done]);
    assert.deepEqual((await ShutOutBook.open(kit)).ofPortal(portal.id), [done]);
    await lift();
    assert.deepEqual([bans.size, homeserver.room(ROOM).members.get(GHOST)], [0, 'leave']);
    assert.deepEqual((await ShutOutBook.open(kit)).isEmpty, true);
  });

  test('leaves bans of others in the channel, and a ban that a moderator has set since in the room', async () => {
    const { steps, portal, book, bans, homeserver, lift } = await worldOf();
    bans.set('pest!*@*', 'olga');
    await steps.run(portal, putOut);
    assert.ok(book.isEmpty);
    await steps.run(portal, ban);
    homeserver.happen(ROOM, MOD, 'm.room.member', { membership: 'ban', reason: 'by hand' }, GHOST);
    await lift();
    assert.deepEqual([[...bans], homeserver.room(ROOM).members.get(GHOST)], [[['pest!*@*', 'olga']], 'ban']);
    assert.ok(book.isEmpty);
  });

  test('where the bot may ban nobody in the room, the ghost leaves, and admins are told', async () => {
    const { steps, portal, book, homeserver, left, said } = await worldOf();
    homeserver.fault = ({ name }) => (name === 'ban' ? { kind: 'failed', error: error('never') } : undefined);
    assert.deepEqual(await steps.run(portal, ban), ok(undefined));
    assert.deepEqual([left, book.isEmpty, said.length], [[GHOST], true, 1]);
    assert.match(said[0] ?? '', /Give it the power to ban\./);
  });

  test('while the homeserver is away it waits, and what may have been done is remembered', async () => {
    const { steps, portal, book, homeserver } = await worldOf();
    homeserver.fault = ({ name }) => (name === 'ban' ? { kind: 'failed', error: error('later') } : undefined);
    assert.deepEqual(await steps.run(portal, ban), fail(error('later')));
    assert.equal(book.of(portal.id, GHOST)?.room, ROOM);
    homeserver.fault = () => undefined;
    assert.deepEqual(await steps.run(portal, ban), ok(undefined));
    assert.equal(homeserver.room(ROOM).members.get(GHOST), 'ban');
    assert.equal(homeserver.room(ROOM).events.at(-1)?.sender, BOT);
  });

  test('what the network refuses keeps nobody waiting; a ban that could not be lifted is lifted later', async () => {
    const { steps, portal, book, bans, kicked, refusal, lift } = await worldOf();
    refusal.now = error('never');
    assert.deepEqual(await steps.run(portal, putOut), ok(undefined));
    assert.deepEqual([kicked, book.isEmpty], [['pest'], true]);
    refusal.now = undefined;
    await steps.run(portal, putOut);
    refusal.now = error('later');
    await lift();
    assert.deepEqual(book.masksOf(portal.id), ['pest!*@*']);
    refusal.now = undefined;
    await lift();
    assert.deepEqual([book.isEmpty, bans.size], [true, 0]);
  });

  test('a link that is gone leaves the room as it was', async () => {
    const { steps, portal, book, homeserver } = await worldOf();
    await steps.run(portal, ban);
    const [done] = book.ofPortal(portal.id);
    assert.ok(done !== undefined);
    assert.deepEqual(await steps.letGo(done), ok(undefined));
    assert.deepEqual([homeserver.room(ROOM).members.get(GHOST), book.isEmpty], ['leave', true]);
  });

  test('somebody who comes under many nicks does not fill the list of bans', async () => {
    const { steps, portal, bans, kicked } = await worldOf();
    for (let at = 0; at < 60; at++)
      await steps.run(portal, { ...putOut, ghost: `${GHOST}${at}`, who: { nick: `pest${at}`, account: null } });
    assert.deepEqual([bans.size, kicked.length], [40, 60]);
  });
});
