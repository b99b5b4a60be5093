import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { IrcUser } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

describe('two people on each side of a channel', () => {
  const channel = '#commons';
  let shard: Shard;
  let carol: IrcUser;

  before(async () => {
    shard = await startShard('two-way');
    carol = await shard.ircUser('Carol[away]');
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
  });

  const seenOnIrc = (text: string) =>
    carol.waitFor((line) => line.command === 'PRIVMSG' && line.params[1] === text, { what: `"${text}" on IRC` });
  const seenOnMatrix = (body: string) =>
    shard.person('alice').waitFor((event) => event.content.body === body, { what: `"${body}" in the room` });

  test('what is said on IRC stands in the room, from the ghost of who said it', async () => {
    carol.say(channel, 'hello from IRC');
    const event = await seenOnMatrix('hello from IRC');
    const { sender, type, content } = event;
    assert.deepEqual(
      { sender, type, msgtype: content.msgtype, mentions: content['m.mentions'] },
      { sender: '@_causeway_home_carol=5baway=5d:shard.test', type: 'm.room.message', msgtype: 'm.text', mentions: {} },
    );
    const members = await shard.person('alice').members(shard.room(channel));
    assert.equal(members.get(sender), 'Carol[away] (IRC)');
  });

  test('what is said in the room is heard on IRC, from the nick of who said it', async () => {
    await shard.person('alice').send(shard.room(channel), 'hello from Matrix');
    const line = await seenOnIrc('hello from Matrix');
    assert.equal(line.nick, 'alice');
  });

  test('/me crosses both ways', async () => {
    carol.act(channel, 'waves');
    assert.equal((await seenOnMatrix('waves')).content.msgtype, 'm.emote');
    await shard.person('bob').act(shard.room(channel), 'waves back');
    assert.equal((await seenOnIrc('\x01ACTION waves back\x01')).nick, 'bob');
  });

  test('notices cross both ways as notices', async () => {
    carol.notice(channel, 'a notice from IRC');
    assert.equal((await seenOnMatrix('a notice from IRC')).content.msgtype, 'm.notice');
    await shard.person('alice').send(shard.room(channel), 'a notice from Matrix', { msgtype: 'm.notice' });
    const line = await carol.waitFor((seen) => seen.params[1] === 'a notice from Matrix');
    assert.equal(line.command, 'NOTICE');
  });

  test('any script and emoji arrive as they were written', async () => {
    const text = 'Grüße, 你好, שלום, 👩‍👩‍👧‍👦 and “quotes”';
    carol.say(channel, text);
    await seenOnMatrix(text);
    await shard.person('alice').send(shard.room(channel), `${text}!`);
    await seenOnIrc(`${text}!`);
  });

  test('formatting codes of IRC become plain text', async () => {
    carol.say(channel, '\x02bold\x02 and \x0304red\x03 and \x1ditalic');
    await seenOnMatrix('bold and red and italic');
  });

  test('several lines of one message arrive as several lines, together', async () => {
    await shard.person('alice').send(shard.room(channel), 'first line\n\nsecond line\nthird line');
    await seenOnIrc('third line');
    const said = carol.said(channel).map(({ text }) => text);
    const at = said.indexOf('first line');
    assert.deepEqual(said.slice(at, at + 3), ['first line', 'second line', 'third line']);
  });

  test('a long line is split between words, to the byte, and nothing of it is lost', async () => {
    const words = Array.from({ length: 200 }, (_, index) => `wörd${index}`);
    const from = carol.lines.length;
    await shard.person('alice').send(shard.room(channel), words.join(' '));
    await carol.waitFor((line) => (line.params[1] ?? '').endsWith('wörd199'), { from });
    const pieces = carol.lines
      .slice(from)
      .filter((line) => line.command === 'PRIVMSG')
      .map((line) => line.params[1] ?? '');
    assert.equal(pieces.join(' '), words.join(' '));
    const longest = carol.lines.slice(from).map((line) => Buffer.byteLength(line.raw.replace(/^@\S+ /, '')));
    assert.ok(Math.max(...longest) <= 510, 'no relayed line is over 512 bytes with its end');
    assert.ok(Math.max(...longest) > 480, 'lines are filled');
  });

  test('the topic crosses both ways', async () => {
    const { alice, room } = { alice: shard.person('alice'), room: shard.room(channel) };
    const operator = await shard.ircUser('dave');
    operator.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    operator.sendLine(`SAMODE ${channel} -t`);
    await operator.flush();
    carol.sendLine(`TOPIC ${channel} :from IRC`);
    const event = await alice.waitFor(
      (seen) => seen.type === 'm.room.topic' && String(seen.content.topic).startsWith('from IRC |'),
    );
    assert.equal(event.sender, '@_causeway_bot:shard.test');
    const levels = await shard.bot().state(room, 'm.room.power_levels');
    await shard.bot().setState(room, 'm.room.power_levels', '', { ...levels, users: { [alice.userId]: 50 } });
    await alice.setState(room, 'm.room.topic', '', { topic: 'from Matrix' });
    const line = await carol.waitFor((seen) => seen.command === 'TOPIC' && seen.params[1] === 'from Matrix');
    assert.equal(line.nick, 'alice');
    await operator.quit();
  });

  test('who leaves the room leaves the channel', async () => {
    const bob = shard.person('bob');
    await bob.send(shard.room(channel), 'leaving now');
    await seenOnIrc('leaving now');
    await bob.leave(shard.room(channel));
    const line = await carol.waitFor(
      (seen) => (seen.command === 'PART' || seen.command === 'QUIT') && seen.nick === 'bob',
    );
    assert.match(line.command, /PART|QUIT/);
  });

  test('a line that IRC refuses is told to who wrote it, with the reason', async () => {
    const alice = shard.person('alice');
    const operator = await shard.ircUser('erin');
    operator.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    operator.sendLine(`SAMODE ${channel} +m`);
    await operator.flush();
    const eventId = await alice.send(shard.room(channel), 'can anybody hear me?');
    const notice = await alice.waitFor(
      (event) => event.sender === '@_causeway_bot:shard.test' && event.content.msgtype === 'm.notice',
    );
    const relation = notice.content['m.relates_to'] as { 'm.in_reply_to'?: { event_id?: string } } | undefined;
    assert.equal(relation?.['m.in_reply_to']?.event_id, eventId);
    assert.match(String(notice.content.body), /^Not delivered to #commons: /);
    operator.sendLine(`SAMODE ${channel} -m`);
    await operator.quit();
  });

  test('nothing came twice, and nothing of ours came back', async () => {
    const bodies = (await shard.person('alice').history(shard.room(channel)))
      .filter((event) => event.type === 'm.room.message')
      .map((event) => `${event.sender} ${String(event.content.body)}`);
    assert.equal(new Set(bodies).size, bodies.length);
    assert.ok(!bodies.some((body) => body.startsWith('@_causeway_home_alice')), 'no ghost of a puppet');
  });
});
