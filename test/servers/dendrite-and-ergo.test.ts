import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startDendrite } from './dendrite.ts';
import { startErgo } from './ergo.ts';
import { IrcUser, MatrixUser } from './people.ts';
import { makeTempDir } from './temp-dir.ts';

describe('the servers of the tests', () => {
  const dir = makeTempDir('servers');

  test('two people talk on Dendrite, and find their words after a kill -9 of it', async () => {
    const dendrite = await startDendrite({
      dir: join(dir, 'dendrite'),
      serverName: 'willow.example',
      registrations: [],
    });
    after(() => dendrite.stop());
    await dendrite.register('alice', 'alice-has-a-password');
    await dendrite.register('bob', 'bob-has-a-password');
    const alice = await MatrixUser.login(dendrite.url, 'alice', 'alice-has-a-password');
    const bob = await MatrixUser.login(dendrite.url, 'bob', 'bob-has-a-password');
    after(() => bob.stop());
    const room = await alice.createRoom({ preset: 'public_chat', room_alias_name: 'commons' });
    await bob.join('#commons:willow.example');
    await bob.startSync();
    const sent = await alice.send(room, 'hello');
    const seen = await bob.waitFor((event) => event.event_id === sent);
    assert.deepEqual(seen.content, { msgtype: 'm.text', body: 'hello' });

    await dendrite.kill9();
    assert.equal(dendrite.isRunning(), false);
    await dendrite.start();
    const again = await alice.send(room, 'hello again');
    await bob.waitFor((event) => event.event_id === again);
    const bodies = (await bob.history(room))
      .filter((event) => event.type === 'm.room.message')
      .map((event) => event.content.body);
    assert.deepEqual(bodies, ['hello', 'hello again']);
  });

  test('two people talk on Ergo, and one is told when it stops', async () => {
    const ergo = await startErgo({ dir: join(dir, 'ergo') });
    after(() => ergo.stop());
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    const dave = await IrcUser.connect({ port: ergo.ports.irc, nick: 'dave[x]', channels: ['#commons'] });
    carol.say('#commons', 'hello');
    await carol.flush();
    dave.act('#commons', 'waves');
    await carol.waitFor((line) => line.command === 'PRIVMSG' && line.nick === 'dave[x]');
    await carol.flush();
    assert.deepEqual(
      carol.said('#commons').map(({ nick, text }) => `${nick}: ${text}`),
      ['carol: hello', 'dave[x]: * waves'],
    );
    await ergo.stop();
    await assert.rejects(
      carol.waitFor((line) => line.command === 'NEVER'),
      /lost the connection/,
    );
  });
});
