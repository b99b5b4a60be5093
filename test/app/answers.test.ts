import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixEvent, NetworkDeletion, NetworkMessage, NetworkReaction } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { BOT, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { CANNOT_SEND } from '../fakes/fake-network.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';
const BOB = '@bob:willow.example';
const CAROL = '@_causeway_home_carol:willow.example';
const ALL = { replies: true, reactions: true, deletions: true };

const editing = (eventId: string, body: string) => ({
  msgtype: 'm.text',
  body: `* ${body}`,
  'm.new_content': { msgtype: 'm.text', body },
  'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
});
const reacting = (eventId: string, key: string) => ({
  'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key },
});

const PUT = new Set(['m.room.message', 'm.reaction', 'm.room.redaction']);

/** A bridge that talks, and hands to do things on each side. */
async function talking(powers = ALL) {
  const world = await FakeWorld.make();
  world.network.powers = powers;
  // Bob may delete what others said.
  world.homeserver.happen(world.room, BOT, 'm.room.power_levels', { users: { [BOT]: 100, [BOB]: 50 } }, '');
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const { homeserver, room, clock, network } = world;
  for (const person of [ALICE, BOB]) homeserver.happen(room, person, 'm.room.member', { membership: 'join' }, person);
  const say = (who: string, body: string, more: object = {}): MatrixEvent =>
    homeserver.happen(room, who, 'm.room.message', { msgtype: 'm.text', body, ...more });
  const quiet = (): Promise<void> => clock.until('nothing waits', () => world.isQuiet());
  return {
    world,
    say,
    quiet,
    react: (who: string, target: MatrixEvent, emoji: string) =>
      homeserver.happen(room, who, 'm.reaction', reacting(target.event_id, emoji)),
    redact: (who: string, target: MatrixEvent) =>
      homeserver.happen(room, who, 'm.room.redaction', { redacts: target.event_id }),
    said: () => network.said.map(({ text }) => text),
    /** What ghosts and bot put into the room, but for memberships. */
    put: () =>
      homeserver
        .room(room)
        .events.filter(({ sender, type }) => sender.startsWith('@_causeway_') && PUT.has(type))
        .map(({ sender, type, content }) => [sender, type, content['m.relates_to'] ?? content.redacts ?? content.body]),
    restart: async () => {
      world.kill();
      await world.start();
    },
  };
}

describe('what people on Matrix do with what was said', () => {
  test('what is deleted while it waits is never said, also not after a restart; the rest is', async () => {
    for (const restarts of [false, true]) {
      const { world, say, redact, quiet, said, restart } = await talking();
      say(ALICE, 'first');
      await quiet();
      world.network.goDown(30_000);
      const secret = say(ALICE, 'secret\nof two lines');
      const edit = say(ALICE, '', editing(secret.event_id, 'another secret, which is much longer than the first one'));
      say(BOB, 'last');
      await world.clock.pass(2_000);
      redact(ALICE, secret);
      await world.clock.pass(2_000);
      if (restarts) await restart();
      await quiet();
      assert.deepEqual(said(), ['first', 'last'], `restarts: ${restarts}`);
      assert.deepEqual(world.network.gestures, []);
      assert.ok(edit.event_id !== '');
    }
  });

  test('what was said is deleted in all its parts, and only once however often that is asked', async () => {
    const { world, say, redact, quiet } = await talking();
    const event = say(ALICE, 'one\ntwo');
    await quiet();
    redact(ALICE, event);
    redact(BOB, event);
    await quiet();
    const [one, two] = world.network.said.map(({ id }) => keyFromMsgid(`said-${id}`));
    assert.deepEqual(world.network.gestures, [`${ALICE} redact ${one}`, `${ALICE} redact ${two}`]);
  });

  test('corrections are deleted with what they correct, and by themselves', async () => {
    const { world, say, redact, quiet } = await talking();
    const [first, second] = [say(ALICE, 'the code is 1234'), say(ALICE, 'the key is here')];
    await quiet();
    const edits = [
      say(ALICE, '', editing(first.event_id, 'the code is 4321')),
      say(ALICE, '', editing(second.event_id, 'the key is there')),
    ];
    await quiet();
    redact(ALICE, first);
    redact(ALICE, edits[1] ?? first);
    await quiet();
    const keys = [first, edits[0], edits[1]].map((event) => keyFromMsgid(`said-${event?.event_id}`));
    assert.deepEqual(
      world.network.gestures,
      keys.map((key) => `${ALICE} redact ${key}`),
    );
  });

  test('what a network refuses to delete is told to whoever deleted it; everything else is nobody’s news', async () => {
    const { world, say, react, redact, quiet, put } = await talking();
    world.network.gestureFault = () => CANNOT_SEND;
    const event = say(ALICE, 'one');
    await quiet();
    react(BOB, event, '👍');
    await quiet();
    const deletion = redact(BOB, event);
    await quiet();
    assert.deepEqual(put(), [[BOT, 'm.room.message', { 'm.in_reply_to': { event_id: deletion.event_id } }]]);
    assert.match(world.homeserver.saidIn(world.room)[0] ?? '', /^Not deleted in #commons: /);
  });

  test('nothing is asked of a network that cannot', async () => {
    const { world, say, react, redact, quiet, put, said } = await talking({
      ...ALL,
      reactions: false,
      deletions: false,
    });
    const event = say(ALICE, 'one');
    await quiet();
    react(BOB, event, '👍');
    redact(ALICE, event);
    say(ALICE, 'two');
    await quiet();
    assert.deepEqual([world.network.gestures, put(), said()], [[], [], ['one', 'two']]);
  });

  test('a reaction is given and taken back, whatever happens between', async () => {
    const { world, say, react, redact, quiet, restart } = await talking();
    const event = say(ALICE, 'one');
    await quiet();
    const reaction = react(BOB, event, '👍');
    await quiet();
    await restart();
    redact(BOB, reaction);
    await quiet();
    const key = keyFromMsgid(`said-${event.event_id}`);
    assert.deepEqual(world.network.gestures, [`${BOB} react 👍 ${key}`, `${BOB} unreact 👍 ${key}`]);
  });

  test('a correction is seen against what was said last, also after a restart', async () => {
    const { say, quiet, said, restart } = await talking({ replies: false, reactions: false, deletions: false });
    const event = say(ALICE, 'we meet on Thursday');
    await quiet();
    say(ALICE, '', editing(event.event_id, 'we meet on Friday'));
    await quiet();
    say(ALICE, '', editing(event.event_id, 'we meet on Sunday'));
    await quiet();
    await restart();
    say(ALICE, '', editing(event.event_id, 'we sing on Thursday'));
    await quiet();
    assert.deepEqual(said(), ['we meet on Thursday', 's/Thursday/Friday/', 's/Friday/Sunday/', 's/meet/sing/']);
  });

  test('an edit of what was refused, deleted or never heard of, and of what somebody else said, is nothing', async () => {
    const { world, say, redact, quiet, said } = await talking();
    world.network.fault = (_, text) => (text === 'refused' ? { kind: 'refused', error: CANNOT_SEND } : undefined);
    const [refused, deleted, hers] = [say(ALICE, 'refused'), say(ALICE, 'deleted'), say(ALICE, 'hers')];
    await quiet();
    redact(ALICE, deleted);
    await quiet();
    for (const { event_id: id } of [refused, deleted])
      say(ALICE, '', editing(id, 'a new text that is long enough to be said again'));
    say(ALICE, '', editing('$nobodyknows', 'a new text that is long enough to be said again'));
    say(BOB, '', editing(hers.event_id, 'a new text that is long enough to be said again'));
    say(ALICE, 'end');
    await quiet();
    assert.deepEqual(said(), ['deleted', 'hers', 'end']);
  });

  test('a network with edits gets them as edits, of one message', async () => {
    const { world, say, quiet } = await talking({ ...ALL, edits: true } as typeof ALL);
    const event = say(ALICE, 'we meet on Thursday');
    await quiet();
    say(ALICE, '', editing(event.event_id, 'We meet on Friday!'));
    await quiet();
    const key = keyFromMsgid(`said-${event.event_id}`);
    assert.deepEqual(
      world.network.said.map(({ text, edits }) => [text, edits]),
      [
        ['we meet on Thursday', undefined],
        ['We meet on Friday!', key],
      ],
    );
  });

  test('an answer to what waits in front of it names it all the same', async () => {
    const { world, say, quiet } = await talking();
    world.network.goDown(5_000);
    const question = say(ALICE, 'who?');
    say(BOB, 'I', { 'm.relates_to': { 'm.in_reply_to': { event_id: question.event_id } } });
    say(ALICE, 'good', { 'm.relates_to': { 'm.in_reply_to': { event_id: question.event_id } } });
    await quiet();
    const key = keyFromMsgid(`said-${question.event_id}`);
    assert.deepEqual(
      world.network.said.map(({ text, replyTo }) => [text, replyTo]),
      [
        ['who?', undefined],
        ['alice: I', key],
        ['good', key],
      ],
    );
  });
});

describe('what people on a network do with what was said', () => {
  const carolSays = (world: FakeWorld, lines: string[], more: Partial<NetworkMessage> = {}) =>
    world.onIrcAlso<NetworkMessage>('carol', { kind: 'message', style: 'text', lines, ...more });

  test('what is deleted while the homeserver is away never reaches it, also not after a restart', async () => {
    for (const restarts of [false, true]) {
      const { world, quiet, put, restart } = await talking();
      carolSays(world, ['first']);
      await quiet();
      let away = true;
      world.homeserver.fault = (call) =>
        away && call.name === 'send' ? { kind: 'failed', error: UNREACHABLE } : undefined;
      const secret = carolSays(world, ['secret']);
      carolSays(world, ['more secrets'], { edits: secret.key });
      carolSays(world, ['last']);
      await world.clock.pass(5_000);
      world.onIrcAlso<NetworkDeletion>('carol', { kind: 'deletion', target: secret.key, reason: '' });
      await world.clock.pass(1_000);
      if (restarts) await restart();
      away = false;
      await quiet();
      assert.deepEqual(
        put().map(([, , body]) => body),
        ['first', 'last'],
        `restarts: ${restarts}`,
      );
    }
  });

  test('an answer does not call somebody who is called no more', async () => {
    const { world, say, quiet } = await talking();
    const event = say(ALICE, 'one');
    await quiet();
    const replyTo = keyFromMsgid(`said-${event.event_id}`);
    const mentions = () =>
      world.homeserver.room(world.room).events.findLast(({ sender }) => sender === CAROL)?.content['m.mentions'];
    carolSays(world, ['yes'], { replyTo });
    await quiet();
    assert.deepEqual(mentions(), { user_ids: [ALICE] });
    say(ALICE, '!causeway mentions off');
    await quiet();
    await world.clock.until('she is called no more', () =>
      /not called/.test(world.homeserver.saidIn(world.room).at(-1) ?? ''),
    );
    carolSays(world, ['no'], { replyTo });
    await quiet();
    assert.deepEqual(mentions(), {});
  });

  test('an edit replaces the text, by the same ghost; one by another ghost is nothing, and of what was deleted nothing comes back', async () => {
    const { world, quiet, put } = await talking();
    const first = carolSays(world, ['one']);
    await quiet();
    carolSays(world, ['two'], { edits: first.key });
    await quiet();
    const [original, edit] = world.homeserver
      .room(world.room)
      .events.filter(({ sender }) => sender === CAROL)
      .slice(-2);
    assert.deepEqual(edit?.content['m.relates_to'], { rel_type: 'm.replace', event_id: original?.event_id });
    const { body } = (edit?.content['m.new_content'] ?? {}) as { readonly body?: string };
    assert.equal(body, 'two');
    world.onIrcAlso<NetworkMessage>('dave', { kind: 'message', style: 'text', lines: ['forged'], edits: first.key });
    await quiet();
    world.onIrcAlso<NetworkDeletion>('carol', { kind: 'deletion', target: first.key, reason: '' });
    await quiet();
    carolSays(world, ['three'], { edits: first.key });
    await quiet();
    assert.deepEqual(put().slice(2), [
      [CAROL, 'm.room.redaction', original?.event_id],
      [CAROL, 'm.room.redaction', edit?.event_id],
    ]);
  });

  test('a reaction stands once, and goes when it is taken back', async () => {
    const { world, say, quiet, put, restart } = await talking();
    const event = say(ALICE, 'one');
    await quiet();
    const target = keyFromMsgid(`said-${event.event_id}`);
    const react = (removed: boolean) =>
      world.onIrcAlso<NetworkReaction>('carol', { kind: 'reaction', target, emoji: '👍', removed });
    react(false);
    react(false);
    await quiet();
    await restart();
    react(true);
    react(true);
    react(false);
    await quiet();
    const given = { rel_type: 'm.annotation', event_id: event.event_id, key: '👍' };
    const [first] = world.homeserver.room(world.room).events.filter(({ type }) => type === 'm.reaction');
    assert.deepEqual(put(), [
      [CAROL, 'm.reaction', given],
      [CAROL, 'm.room.redaction', first?.event_id],
      [CAROL, 'm.reaction', given],
    ]);
  });

  test('an edit of a line that went into one event with others leaves those alone', async () => {
    const { world, quiet, put } = await talking();
    let away = true;
    world.homeserver.fault = (call) =>
      away && call.name === 'send' ? { kind: 'failed', error: UNREACHABLE } : undefined;
    const [first] = ['one', 'two', 'three'].map((text) => carolSays(world, [text]));
    await world.clock.pass(5_000);
    away = false;
    await quiet();
    const [event] = world.homeserver
      .room(world.room)
      .events.filter(({ sender }) => sender === CAROL)
      .slice(-1);
    assert.equal(event?.content.body, 'one\ntwo\nthree');
    carolSays(world, ['1'], { edits: first?.key ?? keyFromMsgid('') });
    await quiet();
    assert.deepEqual(put().at(-1), [CAROL, 'm.room.message', { 'm.in_reply_to': { event_id: event.event_id } }]);
  });

  test('a reaction whose own message is deleted is gone', async () => {
    const { world, say, quiet, put } = await talking();
    const event = say(ALICE, 'one');
    await quiet();
    const target = keyFromMsgid(`said-${event.event_id}`);
    const { key } = world.onIrcAlso<NetworkReaction>('carol', {
      kind: 'reaction',
      target,
      emoji: '👍',
      removed: false,
    });
    await quiet();
    const [reaction] = world.homeserver.room(world.room).events.filter(({ type }) => type === 'm.reaction');
    world.onIrcAlso<NetworkDeletion>('carol', { kind: 'deletion', target: key, reason: '' });
    await quiet();
    assert.deepEqual(put().at(-1), [CAROL, 'm.room.redaction', reaction?.event_id]);
  });

  test('what a person of Matrix said is deleted by an operator of the channel, in the bot’s name', async () => {
    const { world, say, quiet, put } = await talking();
    const event = say(ALICE, 'one\ntwo');
    await quiet();
    const target = keyFromMsgid(`said-${event.event_id}#1`);
    world.onIrcAlso<NetworkDeletion>('carol', { kind: 'deletion', target, reason: 'be kind' });
    world.onIrcAlso<NetworkReaction>('carol', { kind: 'reaction', target, emoji: '👍', removed: false });
    world.onIrcAlso<NetworkDeletion>('carol', { kind: 'deletion', target: keyFromMsgid('nobodyknows'), reason: '' });
    await quiet();
    assert.deepEqual(put(), [[BOT, 'm.room.redaction', event.event_id]]);
  });

  test('an answer finds what was said a moment before, before that is written down', async () => {
    const { world, quiet, put } = await talking();
    const first = carolSays(world, ['one']);
    world.onIrcAlso<NetworkMessage>('dave', { kind: 'message', style: 'text', lines: ['two'], replyTo: first.key });
    await quiet();
    const [one] = world.homeserver
      .room(world.room)
      .events.filter(({ sender }) => sender === CAROL)
      .slice(-1);
    assert.deepEqual(put().at(-1), [
      '@_causeway_home_dave:willow.example',
      'm.room.message',
      { 'm.in_reply_to': { event_id: one?.event_id } },
    ]);
  });
});

test('a plain line costs no look for what it is about', async (t) => {
  const looks = (['byKey', 'byEvent'] as const).map((name) => t.mock.method(stores.link, name));
  const { world, say, quiet, said, put } = await talking();
  for (let line = 0; line < 20; line++) {
    say(ALICE, `line ${line}`);
    world.onIrc('carol', `line ${line}`);
    await world.clock.pass(300);
  }
  await quiet();
  assert.deepEqual([said().length, put().length], [20, 20]);
  assert.deepEqual(
    looks.map(({ mock }) => mock.callCount()),
    [0, 0],
  );
});
