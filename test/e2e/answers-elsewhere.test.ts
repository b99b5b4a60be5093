import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { MatrixEvent } from '../../src/sandbox/people/matrix-user.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startShard } from './shard.ts';

const CHANNEL = '#commons';

/** Neither server deletes messages; InspIRCd passes client tags on, ngIRCd knows no tags at all. */
const SERVERS = [
  { name: 'InspIRCd', start: async () => startInspircd({ dir: makeTempDir('inspircd') }), tags: true },
  { name: 'ngIRCd', start: async () => startNgircd({ dir: makeTempDir('ngircd') }), tags: false },
] as const;

for (const { name, start, tags } of SERVERS)
  describe(`what people do with what was said, on ${name}`, { timeout: 300_000 }, () => {
    test('takes the shortest form that is true, and says nothing where there is none', async () => {
      const server = await start();
      after(() => server.stop());
      const shard = await startShard(`answers-${name}`, { ircPort: server.ports.irc });
      after(() => shard.stop());
      const [carol, alice, room] = [await shard.ircUser('carol'), shard.person('alice'), shard.room(CHANNEL)];
      after(() => carol.quit());
      const heard = (text: string) => carol.waitFor((line) => line.params[1] === text, { what: text });
      const seen = (body: string) => alice.waitFor((event) => event.content.body === body, { what: body });

      carol.say(CHANNEL, 'who has the key?');
      const question = await seen('who has the key?');
      const key = { 'm.relates_to': { 'm.in_reply_to': { event_id: question.event_id } } };
      const said = await alice.send(room, 'I have it til Monday', key);
      const answer = await heard('carol: I have it til Monday');
      assert.equal(answer.tags['+draft/reply'] !== undefined, tags);
      await alice.send(room, '* I have it til Tuesday', {
        'm.new_content': { msgtype: 'm.text', body: 'I have it til Tuesday' },
        'm.relates_to': { rel_type: 'm.replace', event_id: said },
      });
      await heard('s/Monday/Tuesday/');
      const relates = { rel_type: 'm.annotation', event_id: question.event_id, key: '👍' };
      const reaction = await alice.sendEvent(room, 'm.reaction', { 'm.relates_to': relates });
      await alice.redact(room, reaction);
      await alice.redact(room, said);
      await alice.send(room, 'see you');
      await heard('see you');
      // Deletions reach us by /sync alone, and so may what was said after them.
      if (tags) await carol.waitFor((line) => line.tags['+draft/unreact'] !== undefined, { what: 'the unreact' });
      assert.deepEqual(
        carol.lines
          .filter(({ command, nick }) => nick === 'alice' && command !== 'JOIN')
          .map(({ command }) => command)
          .sort(),
        ['PRIVMSG', 'PRIVMSG', 'PRIVMSG', ...(tags ? ['TAGMSG', 'TAGMSG'] : [])],
      );

      if (tags) {
        const msgid = answer.tags.msgid ?? '';
        carol.sendLine(`@+reply=${msgid};+react=🎉 TAGMSG ${CHANNEL}`);
        const later = (await heard('see you')).tags.msgid ?? '';
        carol.sendLine(`@+reply=${later};+react=🎉 TAGMSG ${CHANNEL}`);
        const party = await alice.waitFor((event) => event.type === 'm.reaction' && isGhosts(event), { what: '🎉' });
        assert.equal((party.content['m.relates_to'] as { key: string }).key, '🎉');
      }
      assert.deepEqual(
        alice.events.filter((event) => event.content.msgtype === 'm.notice'),
        [],
        'nobody is bothered with what a server cannot do',
      );
    });
  });

const isGhosts = (event: MatrixEvent): boolean => event.sender.startsWith('@_causeway_home_');
