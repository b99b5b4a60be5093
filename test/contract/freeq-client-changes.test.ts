import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves, markOf, redactionOf, textOf } from './freeq-scene.ts';

const SIGNED = /^ed25519:[\w-]{22}:[\w-]{86}$/;

/** Of the behaviours in freeq-client.test.ts, those about what people do beside plain lines. */
describe('a bridge on freeq: what is edited, deleted, answered and added', { timeout: 280_000 }, () => {
  behaves([8], 'edits on Matrix what is edited on freeq, always the first version', 'both', async (scene) => {
    const world = await scene.bridge();
    const [alice, gina] = [await scene.person('alice'), await scene.person('gina', { guest: true })];
    alice.say(CHANNEL, 'first words');
    const event = await world.message('first words');
    const root = String(markOf(event).msgid);
    alice.edit(CHANNEL, root, 'second words');
    const edit = await world.event('the edit', (found) => textOf(found) === 'second words');
    assert.deepEqual(edit.content['m.relates_to'], { rel_type: 'm.replace', event_id: event.event_id });
    assert.equal(edit.sender, event.sender);
    alice.edit(CHANNEL, root, 'third words');
    const again = await world.event('the second edit', (found) => textOf(found) === 'third words');
    assert.deepEqual(again.content['m.relates_to'], { rel_type: 'm.replace', event_id: event.event_id });
    gina.say(CHANNEL, 'not hers', { '+draft/edit': root });
    await gina.got(/ FAIL EDIT AUTHOR_MISMATCH /);
    gina.say(CHANNEL, 'hers');
    await world.message('hers');
    gina.edit(CHANNEL, String(markOf(await world.message('hers')).msgid), 'hers, edited');
    await world.event('the guest’s edit', (found) => textOf(found) === 'hers, edited');
    assert.equal(world.bodies().includes('not hers'), false);
  });

  behaves([8], 'edits on freeq what is edited on Matrix, with a signature', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const said = world.say('Bob', 'frist words');
    const first = await alice.gotLine(/ PRIVMSG #commons :frist words/);
    for (const text of ['first words', 'first words, again']) {
      world.say('Bob', `* ${text}`, {
        'm.new_content': { msgtype: 'm.text', body: text },
        'm.relates_to': { rel_type: 'm.replace', event_id: said.event_id },
      });
      const edit = await alice.gotLine(new RegExp(` PRIVMSG #commons :${text}$`));
      assert.deepEqual(
        [edit.tags.get('+draft/edit'), edit.prefix, (edit.tags.get('+freeq.at/sig') ?? '').split(':')[0]],
        [first.tags.get('msgid'), first.prefix, 'ed25519'],
      );
    }
  });

  behaves([9], 'redacts what is deleted on freeq, by its author or an operator', 'both', async (scene) => {
    const op = await scene.person('op');
    const world = await scene.bridge();
    const gina = await scene.person('gina', { guest: true });
    op.say(CHANNEL, 'of the operator');
    const ofOp = await world.message('of the operator');
    gina.say(CHANNEL, 'of the guest');
    const events = [ofOp, await world.message('of the guest')];
    // What was edited goes whole.
    gina.edit(CHANNEL, String(markOf(events[1] ?? ofOp).msgid), 'of the guest, edited');
    await world.event('the edit', (found) => textOf(found) === 'of the guest, edited');
    for (const event of events) {
      op.change(CHANNEL, { kind: 'delete', subject: String(markOf(event).msgid) });
      await waitUntil(() => redactionOf(world, event.event_id) !== undefined, {
        what: `the redaction of ${textOf(event)}`,
      });
    }
    world.kill();
    await world.run();
    await world.listening();
    op.say(CHANNEL, 'behind it');
    await world.message('behind it');
    assert.deepEqual(world.sent().map(textOf), [
      'of the operator',
      'of the guest',
      'of the guest, edited',
      'behind it',
    ]);
  });

  behaves([9], 'deletes on freeq what is redacted on Matrix', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const said = world.say('Bob', 'to be deleted');
    const line = await alice.gotLine(/ PRIVMSG #commons :to be deleted/);
    world.redact('Bob', said.event_id);
    const deletion = await alice.gotLine(/ TAGMSG #commons/);
    assert.equal(deletion.tags.get('+draft/delete'), line.tags.get('msgid'));
    assert.match(deletion.tags.get('+freeq.at/sig') ?? '', SIGNED);
  });

  behaves([10], 'takes reactions over, and takes them back', 'both', async (scene) => {
    const world = await scene.bridge();
    const [alice, gina] = [await scene.person('alice'), await scene.person('gina', { guest: true })];
    gina.say(CHANNEL, 'funny');
    const event = await world.message('funny');
    const subject = String(markOf(event).msgid);
    alice.change(CHANNEL, { kind: 'react', subject, emoji: '👍' });
    const reaction = await world.event('a reaction', ({ type }) => type === 'm.reaction');
    assert.deepEqual(reaction.content['m.relates_to'], {
      rel_type: 'm.annotation',
      event_id: event.event_id,
      key: '👍',
    });
    alice.change(CHANNEL, { kind: 'unreact', subject, emoji: '👍' });
    await waitUntil(() => redactionOf(world, reaction.event_id) !== undefined, { what: 'the reaction taken back' });
    world.kill();
    await world.run();
    await world.listening();
    gina.say(CHANNEL, 'behind it');
    await world.message('behind it');
    assert.equal(world.sent('m.reaction').length, 1);
  });

  behaves([10], 'reacts on freeq for people of Matrix', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'funny');
    const event = await world.message('funny');
    world.say('Bob', 'here');
    await alice.got(/ PRIVMSG #commons here/);
    const relation = { rel_type: 'm.annotation', event_id: event.event_id, key: '🎉' };
    const reaction = world.happen('Bob', 'm.reaction', { 'm.relates_to': relation });
    const line = await alice.gotLine(/react=.* TAGMSG #commons/);
    assert.deepEqual([line.tags.get('+react'), line.tags.get('+reply')], ['🎉', markOf(event).msgid]);
    assert.match(line.tags.get('+freeq.at/sig') ?? '', SIGNED);
    world.redact('Bob', reaction.event_id);
    const back = await alice.gotLine(/unreact=.* TAGMSG #commons/);
    assert.deepEqual([back.tags.get('+freeq.at/unreact'), back.tags.get('+reply')], ['🎉', markOf(event).msgid]);
  });

  behaves([8, 9, 10], 'follows what people of another server change', 'pair', async (scene) => {
    const world = await scene.bridge();
    const bob = await scene.person('bob@B');
    bob.saySigned(CHANNEL, 'signed words');
    const root = String(markOf(await world.message('signed words')).msgid);
    // Our server asks for a key when it first sees it, and drops changes until it has it: a few hundred milliseconds.
    await waitUntil(
      async () => {
        bob.edit(CHANNEL, root, 'edited words');
        await bob.flush();
        const isEdited = () => world.sent().some((found) => textOf(found) === 'edited words');
        return await waitUntil(isEdited, { timeoutMs: 1_000 }).catch(() => false);
      },
      { what: 'the edit' },
    );
    bob.change(CHANNEL, { kind: 'react', subject: root, emoji: '👍' });
    const reaction = await world.event('the reaction', ({ type }) => type === 'm.reaction');
    assert.equal(world.nameOf(reaction.sender), 'bob via B.test');
    bob.change(CHANNEL, { kind: 'delete', subject: root });
    const { event_id: id } = await world.message('signed words');
    await waitUntil(() => redactionOf(world, id) !== undefined, { what: 'the redaction' });
  });

  behaves([8, 9, 10], 'lets people of another server see what members change', 'pair', async (scene) => {
    const world = await scene.bridge();
    const bob = await scene.person('bob@B');
    const said = world.say('Bob', 'frist words');
    const first = await bob.gotLine(/ PRIVMSG #commons :frist words/);
    // The other server asks for a key when it first sees it, and drops changes until it has it: a few hundred milliseconds.
    const edit = await waitUntil(
      () => {
        world.say('Bob', '* first words', {
          'm.new_content': { msgtype: 'm.text', body: 'first words' },
          'm.relates_to': { rel_type: 'm.replace', event_id: said.event_id },
        });
        return bob.gotLine(/ PRIVMSG #commons :first words/, 1_500).catch(() => undefined);
      },
      { what: 'the edit at the other server' },
    );
    assert.equal(edit.tags.get('+draft/edit'), first.tags.get('msgid'));
    world.redact('Bob', said.event_id);
    const deletion = await bob.gotLine(/ TAGMSG #commons/);
    assert.equal(deletion.tags.get('+draft/delete'), first.tags.get('msgid'));
  });

  behaves([7, 8, 9], 'learns from history what was changed while it was away', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'first words');
    const event = await world.message('first words');
    world.kill();
    alice.edit(CHANNEL, String(markOf(event).msgid), 'second words');
    alice.say(CHANNEL, 'new and edited');
    const line = await alice.gotLine(/ PRIVMSG #commons :new and edited/);
    alice.edit(CHANNEL, line.tags.get('msgid') ?? '', 'new, as edited');
    alice.say(CHANNEL, 'new and deleted');
    const gone = await alice.gotLine(/ PRIVMSG #commons :new and deleted/);
    alice.change(CHANNEL, { kind: 'delete', subject: gone.tags.get('msgid') ?? '' });
    await alice.flush();
    await world.run();
    const edit = await world.event('the edit', (found) => textOf(found) === 'second words');
    assert.deepEqual(edit.content['m.relates_to'], { rel_type: 'm.replace', event_id: event.event_id });
    await world.event('the new words', (found) => textOf(found) === 'new, as edited');
    assert.equal(world.bodies().includes('new and deleted'), false);
  });

  behaves([11], 'takes replies over both ways', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'a question');
    const question = await world.message('a question');
    const msgid = String(markOf(question).msgid);
    alice.say(CHANNEL, 'an answer', { '+draft/reply': msgid });
    const answer = await world.message('an answer');
    assert.deepEqual(answer.content['m.relates_to'], { 'm.in_reply_to': { event_id: question.event_id } });
    world.say('Bob', 'another answer', { 'm.relates_to': { 'm.in_reply_to': { event_id: question.event_id } } });
    const line = await alice.gotLine(/ PRIVMSG #commons .*another answer/);
    assert.equal(line.tags.get('+reply') ?? line.tags.get('+draft/reply'), msgid);
  });

  behaves([12], 'says several lines as one message', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    const lines = Array.from({ length: 12 }, (_, line) => `line ${line} of twelve`);
    world.say('Bob', lines.join('\n'));
    await alice.got(/ PRIVMSG #commons :line 11 of twelve/);
    assert.equal(alice.lines.filter((line) => / BATCH \+ml\S+ draft\/multiline #commons/.test(line)).length, 1);
    const heard = alice.lines.flatMap((line) => / PRIVMSG #commons :(line .*)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(heard, lines);
    alice.say(CHANNEL, 'heard');
    await world.message('heard');
    assert.deepEqual(world.bodies(), ['heard']);
  });
});
