import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const GHOST = (nick: string): string => `@_causeway_home_${nick}:shard.test`;

describe('moderators of a room act in its channel by the power that they have there', () => {
  let shard: Shard;
  let op: IrcUser;
  let room: string;

  before(async () => {
    shard = await startShard('moderation', { channels: ['#commons'] });
    room = shard.room('#commons');
    await shard.person('alice').send(room, 'hello');
    const levels = await shard.bot().state(room, 'm.room.power_levels');
    const users = { ...(levels.users as object), [shard.person('alice').userId]: 50 };
    await shard.bot().setState(room, 'm.room.power_levels', '', { ...levels, users });
    op = await shard.ircUser('olga', { channels: ['#commons'] });
  });
  after(() => shard?.stop());

  const remove = (how: 'kick' | 'ban' | 'unban', nick: string, reason: string) =>
    shard
      .person('alice')
      .request('POST', `/v3/rooms/${encodeURIComponent(room)}/${how}`, { user_id: GHOST(nick), reason });
  const speaks = async (who: IrcUser, text: string): Promise<void> => {
    who.say('#commons', text);
    await shard.person('alice').waitFor((event) => event.content.body === text, { what: text });
  };

  test('without power in the channel nobody is put out of it, and the moderator is told', async () => {
    const spam = await shard.ircUser('spam');
    await speaks(spam, 'buy beans');
    await remove('kick', 'spam', 'no advertising');
    const told = await shard
      .person('alice')
      .waitFor((event) => /They are still in #commons/.test(String(event.content.body)), { what: 'the notice' });
    assert.match(String(told.content.body), /Only operators of #commons may do that/);
    await speaks(spam, 'still here');
    await spam.quit();
  });

  test('an operator’s kick and ban hold on both sides, and a lifted ban lets them in again', async () => {
    const puppet = await waitUntil(
      async () => {
        op.sendLine('NAMES #commons');
        await op.flush();
        return op.lines
          .flatMap(({ command, params }) => (command === '353' ? (params.at(-1) ?? '').split(' ') : []))
          .find((nick) => /alice/i.test(nick));
      },
      { what: 'the puppet of alice in the channel' },
    );
    op.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    op.sendLine(`SAMODE #commons +o ${puppet.replace(/^[@+~&%]+/, '')}`);
    await op.flush();
    const spam = await shard.ircUser('pest');
    await speaks(spam, 'buy peas');
    await remove('ban', 'pest', 'enough');
    const kicked = await spam.waitFor((line) => line.command === 'KICK', { what: 'the kick' });
    assert.deepEqual(kicked.params.slice(1), ['pest', 'enough']);
    await assert.rejects(spam.join('#commons'), /474/);
    await remove('unban', 'pest', '');
    await waitUntil(
      () =>
        spam.join('#commons').then(
          () => true,
          () => false,
        ),
      { what: 'the ban to be lifted' },
    );
    await speaks(spam, 'sorry');
  });

  test('what a banned person says in the channel all the same is not said in the room', async () => {
    const other = await shard.ircUser('other');
    await speaks(other, 'before');
    await shard.bot().request('POST', `/v3/rooms/${encodeURIComponent(room)}/ban`, { user_id: GHOST('other') });
    other.say('#commons', 'behind a ban');
    await speaks(op, 'later');
    const bodies = (await shard.person('alice').history(room)).map(({ content }) => String(content.body));
    assert.ok(!bodies.some((body) => body.includes('behind a ban')));
  });
});
