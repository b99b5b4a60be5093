import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startConversation } from './conversation.ts';
import { startShard } from './shard.ts';
import { assertPerfect } from './traffic.ts';

const SERVERS = [
  ['InspIRCd', async () => startInspircd({ dir: makeTempDir('inspircd') })],
  ['ngIRCd', async () => startNgircd({ dir: makeTempDir('ngircd') })],
] as const;

for (const [name, start] of SERVERS)
  describe(`on ${name}`, { timeout: 600_000 }, () => {
    test('text, /me, notices, long lines and scripts cross both ways', async () => {
      const server = await start();
      after(() => server.stop());
      const shard = await startShard(name, { ircPort: server.ports.irc });
      after(() => shard.stop());
      const [carol, alice, room] = [await shard.ircUser('carol'), shard.person('alice'), shard.room('#commons')];
      const heard = (text: string) => carol.waitFor((line) => line.params[1] === text, { what: text });
      const seen = (body: string) => alice.waitFor((event) => event.content.body === body, { what: body });

      carol.say('#commons', 'hello, Grüße 你好 👋');
      assert.equal((await seen('hello, Grüße 你好 👋')).sender, '@_causeway_home_carol:shard.test');
      carol.act('#commons', 'waves');
      assert.equal((await seen('waves')).content.msgtype, 'm.emote');
      carol.notice('#commons', 'a notice');
      assert.equal((await seen('a notice')).content.msgtype, 'm.notice');

      await alice.send(room, 'hello, Grüße 你好 👋!');
      assert.equal((await heard('hello, Grüße 你好 👋!')).nick, 'alice');
      await alice.act(room, 'waves back');
      await heard('\x01ACTION waves back\x01');
      const words = Array.from({ length: 150 }, (_, index) => `wörd${index}`);
      const from = carol.lines.length;
      await alice.send(room, words.join(' '));
      await carol.waitFor((line) => (line.params[1] ?? '').endsWith('wörd149'), { from });
      const pieces = carol.lines
        .slice(from)
        .filter((line) => line.command === 'PRIVMSG')
        .map((line) => line.params[1]);
      assert.equal(pieces.join(' '), words.join(' '));
      await carol.quit();
    });

    test('five people a side talk at once: nothing is lost, doubled or out of order', async () => {
      const server = await start();
      after(() => server.stop());
      const talk = await startConversation(`${name}-talk`, { ircPort: server.ports.irc, talkers: 5, matrixTalkers: 5 });
      await Promise.all([...talk.ircTalkers, ...talk.matrixTalkers].map((talker) => talker.burst(20)));
      const { toMatrix, toIrc } = await talk.end();
      assertPerfect('to Matrix', toMatrix);
      assertPerfect('to IRC', toIrc);
    });
  });
