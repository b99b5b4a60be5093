import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startShard } from './shard.ts';

const SERVERS = [
  ['InspIRCd', async () => startInspircd({ dir: makeTempDir('direct-inspircd') })],
  ['ngIRCd', async () => startNgircd({ dir: makeTempDir('direct-ngircd') })],
] as const;

/** Without accounts and labels: who has a nick is told by their address alone. */
for (const [name, start] of SERVERS)
  describe(`a private message on ${name}`, { timeout: 120_000 }, () => {
    test('crosses both ways, and never reaches whoever took the nick', async () => {
      const server = await start();
      after(() => server.stop());
      const shard = await startShard(`direct-${name}`, { ircPort: server.ports.irc });
      after(() => shard.stop());
      const alice = shard.person('alice');
      const carol = await shard.ircUser('carol');
      await alice.send(shard.room('#commons'), 'I am here');
      await carol.waitFor((line) => line.params[1] === 'I am here');
      carol.say('alice', 'psst');
      // The room is named only in the invitation, which the bot sees as well.
      const room = await waitUntil(
        async () => {
          const { joined_rooms: rooms } = await shard.bot().request('GET', '/v3/joined_rooms');
          for (const id of rooms as string[]) {
            const member = await shard
              .bot()
              .state(id, 'm.room.member', alice.userId)
              .catch(() => undefined);
            if (member?.membership === 'invite' && member.is_direct === true) return id;
          }
          return undefined;
        },
        { timeoutMs: 20_000, what: 'the invitation' },
      );
      await alice.join(room);
      const inRoom = (body: RegExp) =>
        waitUntil(
          async () => (await shard.bot().history(room)).find(({ content }) => body.test(String(content.body ?? ''))),
          { what: String(body) },
        );
      await inRoom(/^psst$/);
      await alice.send(room, 'I hear you');
      const answer = await carol.waitFor((line) => line.params[1] === 'I hear you', { what: 'the answer' });
      assert.deepEqual([answer.nick, answer.params[0]], ['alice', 'carol']);

      await carol.quit();
      await alice.send(room, 'still there?');
      await inRoom(/^Not delivered to carol: carol is not there now/);
      const thief = await IrcUser.connect({ port: shard.ircPort, nick: 'carol', user: 'mallory' });
      await alice.send(room, 'a secret for Carol');
      await inRoom(/^Not delivered to carol: The name carol is in other hands now/);
      await thief.flush();
      assert.ok(!thief.lines.some(({ raw }) => raw.includes('a secret')));
      await thief.quit();
    });
  });
