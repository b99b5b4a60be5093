import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const BOT = '@_causeway_bot:shard.test';

describe('what people do to a room of their own that is linked', () => {
  let shard: Shard;
  let rosa: IrcUser;
  let alice: MatrixUser;
  const rooms = new Map<string, string>();

  before(async () => {
    shard = await startShard('room-fate', { channels: [], withoutBridge: true });
    await shard.dendrite.register('alice', 'alice-password');
    alice = await MatrixUser.login(shard.dendrite.url, 'alice', 'alice-password');
    await alice.startSync();
    for (const name of ['hall', 'cellar']) {
      const room = await alice.createRoom({
        preset: 'public_chat',
        room_version: '10',
        power_level_content_override: { users: { [alice.userId]: 100, [BOT]: 100 } },
      });
      rooms.set(name, room);
    }
    const config = JSON.parse(await readFile(shard.configPath, 'utf8'));
    config.networks[0].channels = [...rooms].map(([name, room]) => ({ channel: `#${name}`, room }));
    await writeFile(shard.configPath, JSON.stringify(config));
    await shard.restartBridge();
    await waitUntil(async () => (await portals()).every(({ state }) => state === 'linked'), { what: 'both links' });
    rosa = await shard.ircUser('rosa', { channels: ['#hall', '#cellar'] });
  });
  after(async () => {
    await alice?.stop();
    await shard?.stop();
  });

  const portals = async () =>
    (await shard.status()).portals as { readonly channel: string; readonly state: string; readonly problem?: string }[];

  const seenIn = (room: string, body: string) =>
    alice.waitFor((event) => event.room_id === room && event.content.body === body, { what: `"${body}" in the room` });

  test('a room that is replaced keeps its channel, and no line is lost on the way', async () => {
    const old = rooms.get('hall') ?? '';
    rosa.say('#hall', 'before');
    await seenIn(old, 'before');
    const upgrade = await alice.request('POST', `/v3/rooms/${encodeURIComponent(old)}/upgrade`, { new_version: '11' });
    const room = String(upgrade.replacement_room);
    const said = Array.from({ length: 12 }, (_, at) => `on the way ${at}`);
    for (const line of said) rosa.say('#hall', line);
    await alice.join(room);
    await seenIn(room, said.at(-1) ?? '');
    const bodies = async (of: string): Promise<unknown[]> =>
      (await alice.history(of)).map(({ content }) => content.body).filter((body) => said.includes(String(body)));
    assert.deepEqual([...(await bodies(old)), ...(await bodies(room))], said);
    await alice.send(room, 'in the new room');
    await rosa.waitFor((line) => line.params[1] === 'in the new room');
    await shard.restartBridge();
    rosa.say('#hall', 'after a restart');
    await seenIn(room, 'after a restart');
  });

  test('where encryption is switched on nothing passes any more, and the room is told why', async () => {
    const room = rooms.get('cellar') ?? '';
    await alice.send(room, 'in the open');
    await rosa.waitFor((line) => line.params[1] === 'in the open');
    await alice.setState(room, 'm.room.encryption', '', { algorithm: 'm.megolm.v1.aes-sha2' });
    await alice.waitFor(
      (event) => event.room_id === room && /encryption was switched on/i.test(String(event.content.body)),
      {
        what: 'the notice',
      },
    );
    await shard.restartBridge();
    const cellar = (await portals()).find(({ channel }) => channel === '#cellar');
    assert.match(cellar?.problem ?? '', /encryption was switched on/);
    rosa.say('#cellar', 'nobody hears this');
    rosa.say('#hall', 'but this');
    await alice.waitFor((event) => event.content.body === 'but this', { what: 'the other room' });
    assert.ok(!(await alice.history(room)).some(({ content }) => content.body === 'nobody hears this'));
  });
});
