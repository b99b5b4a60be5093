import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { startWatched, type Watched } from './watched.ts';

const COMMONS = '#commons';
const CIRCLE = '#circle';
const channels = [
  { channel: COMMONS, require: 'none' },
  { channel: '#garden', group: 'garden' },
  // Somebody from outside stands in this one, and looks for names.
  { channel: CIRCLE, group: 'circle', guard: false },
];

type Config = {
  cooperative: { servers: string[]; groups: { id: string; hidden?: boolean }[] };
  networks: { channels: Record<string, unknown>[] }[];
};

describe('what others see of rooms', () => {
  let coop: Watched;
  let witness: IrcUser;
  const members = {
    ada: { roles: ['council'] },
    cem: { groups: [{ group: 'circle', alias: 'Rose', visibility: 'alias' }] },
    dan: { groups: ['garden'] },
  };

  before(async () => {
    coop = await startWatched('inv-rooms', Object.keys(members), members, {
      channels,
      cooperative: {
        servers: ['elm.test'],
        groups: [
          { id: 'garden', name: 'Garden' },
          { id: 'circle', name: 'Circle', hidden: true },
        ],
      },
    });
    witness = await coop.shard.ircUser('witness', { channels: [COMMONS] });
    for (const who of Object.keys(members)) {
      await coop.until('willow', who, 'invite');
      await coop.enter('willow', who);
      await coop.enter('commons', who);
    }
  });
  after(async () => {
    await witness?.quit();
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  async function reconfigure(change: (config: Config) => void): Promise<void> {
    const config = JSON.parse(await readFile(coop.shard.configPath, 'utf8')) as Config;
    change(config);
    await writeFile(coop.shard.configPath, JSON.stringify(config));
    process.kill(coop.shard.bridge.pid, 'SIGHUP');
  }
  const acl = async (alias: string): Promise<string[]> => {
    const content = await coop.shard
      .bot()
      .state(await coop.room(alias), 'm.room.server_acl')
      .catch(() => ({}) as Record<string, unknown>);
    return [...((content.allow ?? []) as string[])].sort();
  };
  const childrenOf = async (alias: string): Promise<string[]> => {
    const state = await coop.stateOf(await coop.room(alias));
    return [...state]
      .filter(([key, text]) => key.startsWith('m.space.child|') && text !== '{}')
      .map(([key]) => key.slice(14));
  };
  const published = async (): Promise<string[]> => {
    const answer = await coop.shard.bot().request('GET', '/v3/publicRooms');
    return (answer.chunk as { room_id: string }[]).map(({ room_id }) => room_id);
  };

  test('invariant 37: what is for the cooperative alone never federates; what federates lists its servers, at all times', async () => {
    for (const alias of ['garden', 'circle', 'lobby', 'admin']) {
      const create = await coop.shard.bot().state(await coop.room(alias), 'm.room.create');
      assert.equal(create['m.federate'], false, alias);
    }
    const open = ['commons', 'willow', 'willow-garden'];
    for (const alias of open)
      await waitUntil(async () => `${await acl(alias)}` === 'elm.test,shard.test', { what: `the servers of ${alias}` });
    await reconfigure(({ cooperative }) => {
      cooperative.servers = ['oak.test'];
    });
    for (const alias of open)
      await waitUntil(async () => `${await acl(alias)}` === 'oak.test,shard.test', { what: `the servers of ${alias}` });
    await reconfigure(({ cooperative }) => {
      cooperative.servers = [];
    });
    for (const alias of ['willow', 'willow-garden'])
      await waitUntil(async () => `${await acl(alias)}` === 'shard.test', { what: `the servers of ${alias}` });
  });

  test('invariant 36: a hidden group stands in no list, and is known by the names of its seats alone', async () => {
    const circle = await coop.room('willow-circle');
    const garden = await coop.room('willow-garden');
    await waitUntil(async () => (await childrenOf('willow')).includes(garden), {
      what: 'the other group to stand there',
    });
    assert.ok(!(await childrenOf('willow')).includes(circle));
    assert.ok(!(await published()).includes(await coop.room('circle')));
    await coop.until('willow-circle', 'cem', 'invite');
    await coop.enter('willow-circle', 'cem');
    await coop.opened('circle', 'restricted');
    const room = await coop.enter('circle', 'cem');
    const insider = await coop.shard.ircUser('insider', { channels: [CIRCLE] });
    await coop.shard.person('cem').send(room, 'heard by the roses');
    const line = await insider.waitFor(({ params }) => params[1]?.includes('heard by the roses') === true, {
      what: 'the line',
    });
    assert.ok(line.raw.includes('Rose'), line.raw);
    insider.sendLine(`NAMES ${CIRCLE}`);
    insider.sendLine(`WHO ${CIRCLE}`);
    await insider.flush();
    assert.deepEqual(
      insider.lines.filter(({ raw }) => raw.includes('cem')).map(({ raw }) => raw),
      [],
    );
    await insider.quit();
  });

  test('invariant 36: a group that becomes hidden is taken out of the lists', async () => {
    const garden = await coop.room('willow-garden');
    const channel = await coop.room('garden');
    await coop.shard
      .bot()
      .request('PUT', `/v3/directory/list/room/${encodeURIComponent(channel)}`, { visibility: 'public' });
    assert.ok((await published()).includes(channel));
    await reconfigure(({ cooperative }) => {
      const group = cooperative.groups.find(({ id }) => id === 'garden');
      if (group !== undefined) group.hidden = true;
    });
    await waitUntil(async () => !(await childrenOf('willow')).includes(garden), { what: 'the group to be taken out' });
    await waitUntil(async () => !(await published()).includes(channel), { what: 'the room to be taken out' });
  });

  test('invariants 41, 42: in a room of others that becomes encrypted people are kept, and nothing unread is bridged', async () => {
    const ada = coop.shard.person('ada');
    const bot = coop.shard.bot();
    const types = ['power_levels', 'join_rules', 'history_visibility', 'server_acl', 'encryption', 'tombstone'];
    const events = Object.fromEntries(types.map((type) => [`m.room.${type}`, 60]));
    const shed = await ada.createRoom({
      preset: 'private_chat',
      room_alias_name: 'shed',
      invite: [bot.userId, mxid('dan')],
      power_level_content_override: { users: { [ada.userId]: 100, [bot.userId]: 60 }, events },
    });
    await coop.shard.person('dan').join(shed);
    await reconfigure(({ networks }) => {
      networks[0]?.channels.push({ channel: '#shed', room: '#shed', join: 'invite', guard: false, federate: true });
    });
    await waitUntil(async () => (await ada.members(shed)).has(bot.userId), {
      timeoutMs: 15_000,
      what: 'the bot to come',
    });
    const irc = await coop.shard.ircUser('shedder', { channels: ['#shed'] });
    await waitUntil(
      async () => {
        await ada.send(shed, 'before it is encrypted');
        return irc.lines.some(({ params }) => params[1] === 'before it is encrypted');
      },
      { timeoutMs: 20_000, what: 'a line to pass' },
    );
    await ada.setState(shed, 'm.room.encryption', '', { algorithm: 'm.megolm.v1.aes-sha2' });
    await ada.sendEvent(shed, 'm.room.encrypted', {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext: 'unreadable',
      session_id: 'x',
    });
    await ada.send(shed, 'in the open');
    const said = async () =>
      (await bot.history(shed))
        .filter(({ sender }) => sender === bot.userId)
        .map(({ content }) => String(content.body));
    const told = await waitUntil(
      async () => {
        const texts = await said();
        return [/^End-to-end encryption was switched on/, /^Not delivered to #shed/].every((text) =>
          texts.some((body) => text.test(body)),
        )
          ? texts
          : undefined;
      },
      { what: 'the room to be told' },
    );
    assert.ok(!irc.lines.some(({ raw }) => raw.includes('unreadable') || raw.includes('in the open')));
    assert.ok(!told.some((text) => /disable|turn off|switch (it )?off/i.test(text)));

    await coop.list({ ...members, dan: { status: 'suspended' } });
    await waitUntil(
      async () => {
        const held = (await coop.authority()).heldPlans.find(({ resource }) => resource.endsWith('#shed'));
        if (held !== undefined) await coop.shard.asks('confirm', held.hash);
        return !(await ada.members(shed)).has(mxid('dan'));
      },
      { timeoutMs: 15_000, what: 'dan to be out of the encrypted room' },
    );

    await ada.request('POST', `/v3/rooms/${encodeURIComponent(shed)}/kick`, { user_id: bot.userId });
    await waitUntil(async () => (await coop.reports()).some((text) => text.includes('not in #shed')), {
      timeoutMs: 15_000,
      what: 'the admin room to be told that the bot is out',
    });
    irc.say('#shed', 'into the void');
    await ada.send(shed, 'without the bot');
    await coop.shard.person('ada').send(await coop.room('commons'), 'elsewhere all is well');
    await witness.waitFor(({ params }) => params[1] === 'elsewhere all is well', { what: 'another channel to go on' });
    assert.ok(!irc.lines.some(({ raw }) => raw.includes('without the bot')));
    await irc.quit();
  });
});
