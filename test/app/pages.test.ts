import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PageAnswer } from '../../src/ports/pages.ts';
import { SERVER } from '../fakes/fake-homeserver.ts';
import { configOf, FakeWorld } from '../fakes/fake-world.ts';

const DAY_MS = 86_400_000;
const ALICE = `@alice:${SERVER}`;
const MXC = `mxc://${SERVER}/cat`;
const CAT: PageAnswer = { kind: 'file', mxc: MXC, name: 'cat.png' };
const picture = (more: object = {}) => ({ msgtype: 'm.image', body: 'cat.png', url: MXC, ...more });

/** A picture was sent and told on the network. @returns the world, the event and the id of its page */
async function told() {
  const world = await FakeWorld.make();
  await world.start();
  await world.clock.until('the bridge is ready', () => world.isQuiet());
  const event = world.homeserver.happen(world.room, ALICE, 'm.room.message', picture());
  await world.clock.until('the picture is told', () => world.network.said.length === 1);
  const text = world.network.said[0]?.text ?? '';
  const id = /^sent a picture: cat\.png https:\/\/bridge\.example\/m\/([A-Za-z0-9]{22})\/cat\.png$/.exec(text)?.[1];
  assert.ok(id !== undefined, text);
  const find = (): Promise<PageAnswer | undefined> => Promise.resolve(world.bridge?.pages.find(id));
  return { world, event, id, find };
}

describe('a link of ours', () => {
  test('leads to the file of its message', async () => {
    const { find, world } = await told();
    assert.deepEqual(await find(), CAT);
    assert.deepEqual(await world.bridge?.pages.find('another'), { kind: 'unknown' });
  });

  test('leads nowhere when its days are over, and is forgotten much later', async () => {
    const { find, world } = await told();
    await world.clock.pass(14 * DAY_MS - 3_600_000);
    assert.deepEqual(await find(), CAT);
    await world.clock.pass(2 * 3_600_000);
    assert.deepEqual(await find(), { kind: 'gone', why: 'expired' });
    const [row] = await world.database.transaction((sql) => sql.all('SELECT content, gone FROM page'));
    assert.deepEqual({ ...row }, { content: null, gone: 'expired' });
    await world.clock.pass(91 * DAY_MS);
    assert.deepEqual(await find(), { kind: 'unknown' });
  });

  test('leads nowhere once its message is deleted, also after a restart', async () => {
    const { find, world, event } = await told();
    world.homeserver.happen(world.room, ALICE, 'm.room.redaction', { redacts: event.event_id });
    await world.clock.until('it is gone', async () => (await find())?.kind === 'gone');
    assert.deepEqual(await find(), { kind: 'gone', why: 'deleted' });
    world.kill();
    await world.start();
    assert.deepEqual(await find(), { kind: 'gone', why: 'deleted' });
  });

  test('never leads anywhere when the news of the deletion comes before the message', async () => {
    const { world } = await told();
    const { bridge, room } = world;
    const event = { event_id: '$late', room_id: room, sender: ALICE, origin_server_ts: 1 };
    const redaction = { ...event, event_id: '$redaction', type: 'm.room.redaction', content: {}, redacts: '$late' };
    await bridge?.gate.events('sync', [redaction]);
    await bridge?.gate.events('push', [{ ...event, type: 'm.room.message', content: picture({ body: 'late.png' }) }]);
    await world.clock.until('nothing waits', () => world.isQuiet());
    assert.deepEqual(
      world.network.said.filter(({ text }) => text.includes('late.png')),
      [],
    );
    const pages = await world.database.transaction((sql) =>
      sql.all<{ id: string }>("SELECT id FROM page WHERE event_id = '$late'"),
    );
    for (const { id } of pages) assert.deepEqual(await bridge?.pages.find(id), { kind: 'gone', why: 'deleted' });
    assert.equal(pages.length, 1);
  });

  test('leads nowhere while its room is linked to nothing', async () => {
    const { find, world } = await told();
    world.bridge?.reload(configOf([]));
    assert.deepEqual(await find(), { kind: 'gone', why: 'unlinked' });
  });

  test('leads nowhere once its sender wants none, and there are no more of them until they do', async () => {
    const { find, world } = await told();
    const say = async (body: string): Promise<void> => {
      const before = world.events.length;
      world.onMatrix(ALICE, body);
      await world.clock.until('it is answered', () => world.events.length > before + 1);
    };
    await say('!causeway links off');
    assert.deepEqual(await find(), { kind: 'gone', why: 'withdrawn' });
    world.kill();
    await world.start();
    world.homeserver.happen(world.room, ALICE, 'm.room.message', picture());
    await world.clock.until('it is told', () => world.network.said.length === 2);
    assert.equal(world.network.said[1]?.text, 'sent a picture: cat.png');
    await say('!causeway links on');
    assert.deepEqual(await find(), { kind: 'gone', why: 'withdrawn' });
    world.homeserver.happen(world.room, ALICE, 'm.room.message', picture());
    await world.clock.until('it is told', () => world.network.said.length === 3);
    assert.match(world.network.said[2]?.text ?? '', /^sent a picture: cat\.png https:/);
  });

  test('is the same after a crash before its line is on its way, and there is one for each message', async () => {
    const world = await FakeWorld.make();
    await world.start();
    await world.clock.until('the bridge is ready', () => world.isQuiet());
    let died = false;
    world.failpoint = (name) => {
      if (name !== 'after-sending-marked' || died) return;
      died = true;
      world.kill();
    };
    world.homeserver.happen(world.room, ALICE, 'm.room.message', picture());
    await world.clock.until('the bridge is dead', () => died);
    await world.start();
    await world.clock.until('it is told', () => world.network.said.length > 0);
    const rows = await world.database.transaction((sql) => sql.all<{ id: string }>('SELECT id FROM page'));
    assert.deepEqual(
      rows.map(({ id }) => id),
      world.network.said.map(({ text }) => text.split('/').at(-2)),
    );
  });

  test('is the same when nobody heard that it was stored', async () => {
    const world = await FakeWorld.make();
    await world.start();
    await world.clock.until('the bridge is ready', () => world.isQuiet());
    let unheard = 3;
    world.isUnheard = () => unheard-- > 0;
    world.homeserver.happen(world.room, ALICE, 'm.room.message', picture());
    await world.clock.until('it is told', () => world.network.said.length > 0);
    const rows = await world.database.transaction((sql) => sql.all<{ id: string }>('SELECT id FROM page'));
    assert.deepEqual(
      rows.map(({ id }) => id),
      world.network.said.map(({ text }) => text.split('/').at(-2)),
    );
  });
});
