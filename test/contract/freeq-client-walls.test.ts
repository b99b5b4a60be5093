import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { BOT } from '../fakes/fake-homeserver.ts';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, markOf } from './freeq-scene.ts';

/** Of the behaviours in freeq-client.test.ts, those about channels with a wall, and about operators. */
describe('a bridge on freeq: walls and powers', { timeout: 280_000 }, () => {
  behaves(
    [16],
    'says nothing in clear where the channel is encrypted, and tells whoever tried',
    'both',
    async (scene) => {
      const op = await scene.person('op');
      const world = await scene.bridge();
      world.say('Bob', 'before');
      await op.got(/ PRIVMSG #commons before/);
      op.send(`MODE ${CHANNEL} +E`);
      await op.flush();
      op.say(CHANNEL, 'ENC1:c2VjcmV0', { '+encrypted': '' });
      await world.event('a sign of an encrypted message', ({ content }) => /encrypted/i.test(String(content.body)));
      world.say('Bob', 'in clear');
      await waitUntil(() => world.notices().length > 0, { what: 'the refusal in the room' });
      await op.flush();
      assert.equal(
        op.lines.some((line) => line.includes('in clear')),
        false,
      );
      assert.equal(
        world.bodies().some((body) => body.includes('c2VjcmV0')),
        false,
      );
    },
  );

  behaves([16], 'tells whoever speaks what kept the line out', 'both', async (scene) => {
    const op = await scene.person('op');
    const world = await scene.bridge();
    world.say('Bob', 'before');
    await op.got(/ PRIVMSG #commons before/);
    op.send(`MODE ${CHANNEL} +m`);
    await op.flush();
    world.say('Bob', 'unheard');
    await waitUntil(() => world.notices().length > 0, { what: 'the refusal in the room' });
    op.send(`MODE ${CHANNEL} -m`, `MODE ${CHANNEL} +b Bob!*@*`, `KICK ${CHANNEL} Bob :out`);
    await op.flush();
    await waitUntil(() => world.homeserver.room(world.room).members.get('@bob:willow.example') === 'leave', {
      what: 'Bob out of the room',
    });
  });

  behaves([16], 'closes the room of a channel that gets a policy, and opens it with its end', 'both', async (scene) => {
    const op = await scene.person('op');
    const world = await scene.bridge({ timings: { policyMs: 300 } });
    const rule = () => world.homeserver.room(world.room).state.get('m.room.join_rules ')?.content.join_rule;
    world.homeserver.happen(world.room, BOT, 'm.room.join_rules', { join_rule: 'public' }, '');
    op.send(`POLICY ${CHANNEL} SET :be kind`);
    await waitUntil(() => rule() === 'invite', { what: 'the room closed' });
    await waitUntil(() => world.notices().some((notice) => /one has to meet its policy/.test(notice)), { what: 'why' });
    // The one whom the policy keeps out is told.
    world.say('Bob', 'in vain');
    await waitUntil(() => world.notices().some((notice) => /policy acceptance/.test(notice)), { what: 'the refusal' });
    op.send(`POLICY ${CHANNEL} CLEAR`);
    await waitUntil(() => rule() === 'public', { what: 'the room open again' });
    const isSaid = () => world.notices().some((notice) => /is open to everybody now/.test(notice));
    await waitUntil(isSaid, { what: 'the end of it, in words' });
  });

  behaves([9, 10, 11], 'does nothing in a room about what was said in another one', 'both', async (scene) => {
    const channels = ['#commons', '#other'].map((channel) => ({ channel, room: channel }));
    const alice = await scene.person('alice', { channels: [CHANNEL] });
    const gina = await scene.person('gina', { guest: true, channels: ['#other', CHANNEL] });
    await alice.join('#other');
    const world = await scene.bridge({ network: { channels } });
    await waitUntil(() => world.network?.status().channels.get('#other')?.joined === true, { what: 'both channels' });
    gina.say('#other', 'elsewhere');
    const subject = (await alice.gotLine(/ PRIVMSG #other elsewhere/)).tags.get('msgid') ?? '';
    const everywhere = () => [...world.homeserver.rooms.values()].flatMap(({ events }) => events);
    await waitUntil(() => everywhere().some(({ content }) => content.body === 'elsewhere'), { what: 'the line there' });
    alice.change(CHANNEL, { kind: 'react', subject, emoji: '👎' });
    alice.change(CHANNEL, { kind: 'delete', subject });
    alice.say(CHANNEL, 'an answer', { '+reply': subject });
    const answer = await world.message('an answer');
    assert.equal(answer.content['m.relates_to'], undefined);
    assert.deepEqual(
      everywhere().filter(({ type }) => type === 'm.reaction' || type === 'm.room.redaction'),
      [],
    );
  });

  behaves([17], 'believes the server alone in who is an operator', 'scripted', async (scene) => {
    await scene.person('op');
    const world = await scene.bridge();
    const peer = scene.peer('J.test');
    peer.send('join', { nick: 'causeway', channel: CHANNEL, did: null, isOp: true, actorClass: null });
    peer.send('mode', { channel: CHANNEL, mode: '+o', arg: 'causeway', setBy: 'causeway' });
    peer.say('causeway', CHANNEL, 'said by another causeway');
    const event = await world.message('said by another causeway');
    assert.equal(markOf(event).origin, 'J.test');
    assert.equal(world.network?.guard?.mayAct(CHANNEL), false);
  });

  behaves([16, 17], 'says which wall keeps it out, and comes in when it is gone', 'both', async (scene) => {
    const alice = await scene.person('alice', { channels: ['#walled'] });
    alice.send('MODE #walled +i');
    await alice.flush();
    const channels = [
      { channel: CHANNEL, room: '#commons' },
      { channel: '#walled', room: '#walled' },
    ];
    const world = await scene.bridge({ network: { channels } });
    await waitUntil(() => world.network?.status().channels.get('#walled')?.problem !== undefined, { what: 'the wall' });
    alice.send('INVITE causeway #walled');
    await waitUntil(() => world.network?.status().channels.get('#walled')?.joined === true, {
      what: 'the invited bot in the channel',
      timeoutMs: 20_000,
    });
  });
});
