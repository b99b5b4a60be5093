import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listeningScene } from '../fakes/irc-scene.ts';

test('who is away, has another host, account tag or real name is nobody who comes, goes or speaks', {
  timeout: 30_000,
}, async (t) => {
  const { server, world } = await listeningScene(t, {
    caps: 'batch message-tags server-time away-notify chghost setname extended-join multi-prefix userhost-in-names',
  });
  const bot = await server.client('causeway');
  const before = world.rosterChanges.length;
  bot.send(
    ':carol!c@h AWAY :lunch',
    ':carol!c@h CHGHOST c other.host',
    ':carol!c@other.host SETNAME :Somebody else',
    ':carol!c@other.host AWAY',
    ':fake.test MODE #commons +v carol',
    'PING :all-read',
  );
  await bot.got(/^PONG all-read/);
  const told = world.rosterChanges.slice(before).filter(({ change }) => change.kind !== 'away');
  assert.deepEqual([told, world.memory.events], [[], []]);
});

test('a netsplit of five hundred and their return are told as that', { timeout: 60_000 }, async (t) => {
  const { server, world } = await listeningScene(t, { caps: 'batch message-tags server-time extended-join' });
  const bot = await server.client('causeway');
  const nicks = Array.from({ length: 500 }, (_, at) => `p${at}`);
  const join = nicks.map((nick) => `:${nick}!u@h JOIN #commons * :Somebody`);
  bot.send(...join, ...nicks.map((nick) => `:${nick}!u@h QUIT :hub.example leaf.example`), ...join, 'PING :all-read');
  await bot.got(/^PONG all-read/);
  const told = Map.groupBy(world.rosterChanges, ({ change }) =>
    change.kind === 'leave' ? `leave ${change.netsplit}` : change.kind,
  );
  assert.deepEqual(
    [told.get('join')?.length, told.get('leave true')?.length, told.has('leave false')],
    [1000, 500, false],
  );
});
