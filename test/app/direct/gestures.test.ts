import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  MatrixEvent,
  NetworkDeletion,
  NetworkMessage,
  NetworkReaction,
  NetworkSource,
} from '../../../src/core/events.ts';
import { keyFromMsgid, type MessageKey } from '../../../src/core/ids.ts';
import { SERVER } from '../../fakes/fake-homeserver.ts';
import type { FakeWorld } from '../../fakes/fake-world.ts';
import { ALICE, ready, roomsOf, whisper, write } from './whispers.ts';

const CAROL: NetworkSource = { nick: 'carol', user: 'c', host: 'home', account: null };
const MALLORY: NetworkSource = { ...CAROL, host: 'evil' };

/** Carol wrote "psst" to Alice, who has a room with her. */
async function talking(): Promise<{ world: FakeWorld; room: string; said: MatrixEvent; key: MessageKey }> {
  const world = await ready();
  world.network.people.set('carol', CAROL);
  world.network.powers = { replies: true, reactions: true, deletions: true };
  whisper(world, 'psst', CAROL);
  const key = world.network.history.at(-1)?.key ?? keyFromMsgid('');
  await world.clock.until('she has a room', () => eventsOf(world).some(({ content }) => content.body === 'psst'));
  await world.clock.until('nothing waits', () => world.isQuiet());
  const [room = ''] = roomsOf(world);
  const said = eventsOf(world).find(({ content }) => content.body === 'psst');
  assert.ok(said !== undefined);
  return { world, room, said, key };
}

const eventsOf = (world: FakeWorld): readonly MatrixEvent[] =>
  roomsOf(world).flatMap((room) => world.homeserver.room(room).events);

/** Somebody does something to Alice alone. */
function does<E extends NetworkMessage | NetworkReaction | NetworkDeletion>(
  world: FakeWorld,
  source: NetworkSource,
  more: Partial<E> & Pick<E, 'kind'>,
): E {
  return world.onIrcAlso<E>(source.nick, { channel: source.nick, source, privatelyTo: ALICE, ...more } as Partial<E> &
    Pick<E, 'kind'>);
}

async function happens(world: FakeWorld, room: string, type: string, content: object): Promise<MatrixEvent> {
  const event = world.homeserver.happen(room, ALICE, type, content);
  await world.bridge?.gate.events('push', [event]);
  return event;
}

const quiet = (world: FakeWorld): Promise<void> => world.clock.until('nothing waits', () => world.isQuiet());
const relatesTo = ({ content }: MatrixEvent): unknown => content['m.relates_to'];

describe('what two people do in private with what they said', () => {
  test('what Alice does reaches the other as in a channel, with nobody addressed by name', async () => {
    const { world, room, said, key } = await talking();
    const answer = { 'm.relates_to': { 'm.in_reply_to': { event_id: said.event_id } } };
    const first = await happens(world, room, 'm.room.message', { msgtype: 'm.text', body: 'at five', ...answer });
    const reaction = { rel_type: 'm.annotation', event_id: said.event_id, key: '👍' };
    const thumb = await happens(world, room, 'm.reaction', { 'm.relates_to': reaction });
    await quiet(world);
    await happens(world, room, 'm.room.message', {
      msgtype: 'm.text',
      body: '* at six',
      'm.new_content': { msgtype: 'm.text', body: 'at six' },
      'm.relates_to': { rel_type: 'm.replace', event_id: first.event_id },
    });
    await quiet(world);
    await happens(world, room, 'm.room.redaction', { redacts: thumb.event_id });
    await happens(world, room, 'm.room.redaction', { redacts: first.event_id });
    await quiet(world);
    assert.deepEqual(
      world.network.said.map(({ userId, text, replyTo }) => [userId, text, replyTo]),
      [
        [`${ALICE}→carol`, 'at five', key],
        [`${ALICE}→carol`, 's/five/six/', keyFromMsgid(`said-${first.event_id}`)],
      ],
    );
    const [at, corrected] = world.network.said.map(({ id }) => keyFromMsgid(`said-${id}`));
    assert.deepEqual(world.network.gestures, [
      `${ALICE}→carol react 👍 ${key}`,
      `${ALICE}→carol unreact 👍 ${key}`,
      `${ALICE}→carol redact ${at}`,
      `${ALICE}→carol redact ${corrected}`,
    ]);
  });

  test('what the other does stands in their room: an answer, a reaction that goes again, a deletion of their own words', async () => {
    const { world, room, said, key } = await talking();
    const mine = await write(world, room, 'hello');
    await quiet(world);
    const sent = keyFromMsgid(`said-${mine.event_id}`);
    does<NetworkMessage>(world, CAROL, { kind: 'message', style: 'text', lines: ['yes?'], replyTo: sent });
    does<NetworkReaction>(world, CAROL, { kind: 'reaction', target: sent, emoji: '🥕', removed: false });
    await quiet(world);
    const yes = eventsOf(world).find(({ content }) => content.body === 'yes?');
    const carrot = eventsOf(world).find(({ type }) => type === 'm.reaction');
    assert.ok(yes !== undefined && carrot !== undefined);
    assert.deepEqual(relatesTo(yes), { 'm.in_reply_to': { event_id: mine.event_id } });
    assert.deepEqual(relatesTo(carrot), { rel_type: 'm.annotation', event_id: mine.event_id, key: '🥕' });
    does<NetworkReaction>(world, CAROL, { kind: 'reaction', target: sent, emoji: '🥕', removed: true });
    for (const target of [key, sent]) does<NetworkDeletion>(world, CAROL, { kind: 'deletion', target, reason: '' });
    await quiet(world);
    assert.deepEqual(redacted(world), [carrot.event_id, said.event_id]);
  });

  test('nothing is done by whoever took the nick, nor to them, and a gesture begins no conversation', async () => {
    const { world, room, said, key } = await talking();
    const reaction = { 'm.relates_to': { rel_type: 'm.annotation', event_id: said.event_id, key: '👍' } };
    await happens(world, room, 'm.reaction', reaction);
    const mine = await write(world, room, 'hello');
    await quiet(world);
    const before = world.network.gestures.length;
    world.network.people.set('carol', MALLORY);
    does<NetworkDeletion>(world, MALLORY, { kind: 'deletion', target: key, reason: '' });
    does<NetworkReaction>(world, MALLORY, { kind: 'reaction', target: key, emoji: '👎', removed: false });
    // What begins nothing is not kept either, so nothing says when it was heard.
    await world.clock.pass(5_000);
    assert.equal(roomsOf(world).length, 1);
    whisper(world, 'it is me', MALLORY);
    does<NetworkDeletion>(world, MALLORY, { kind: 'deletion', target: key, reason: '' });
    does<NetworkReaction>(world, MALLORY, { kind: 'reaction', target: key, emoji: '👎', removed: false });
    await happens(world, room, 'm.room.redaction', { redacts: mine.event_id });
    await world.clock.pass(10_000);
    assert.equal(roomsOf(world).length, 2);
    assert.deepEqual(redacted(world), []);
    assert.ok(!eventsOf(world).some(({ type, sender }) => type === 'm.reaction' && sender !== ALICE));
    assert.deepEqual(world.network.gestures.slice(before), []);
    const notice = eventsOf(world).find(({ content }) => String(content.body).startsWith('Not deleted for carol'));
    assert.equal(notice?.content.body, 'Not deleted for carol: carol cannot be reached now, and keeps what was said.');
  });

  test('what somebody deletes while it waits is never shown, unless it is another’s', async () => {
    const { world, room } = await talking();
    world.network.people.set('dave', { nick: 'dave' });
    whisper(world, 'I am Dave', { nick: 'dave' });
    await quiet(world);
    world.homeserver.fault = ({ name }) => (name === 'send' ? { kind: 'slow', ms: 5_000 } : undefined);
    whisper(world, 'first', CAROL);
    const secret = does<NetworkMessage>(world, CAROL, { kind: 'message', style: 'text', lines: ['secret'] });
    const stays = does<NetworkMessage>(world, CAROL, { kind: 'message', style: 'text', lines: ['stays'] });
    does<NetworkDeletion>(world, CAROL, { kind: 'deletion', target: secret.key, reason: '' });
    does<NetworkDeletion>(world, { nick: 'dave' }, { kind: 'deletion', target: secret.key, reason: '' });
    does<NetworkDeletion>(world, { nick: 'dave' }, { kind: 'deletion', target: stays.key, reason: '' });
    await quiet(world);
    const bodies = world.homeserver.room(room).events.flatMap(({ content }) => String(content.body).split('\n'));
    assert.deepEqual(
      bodies.filter((body) => ['first', 'secret', 'stays'].includes(body)),
      ['first', 'stays'],
    );
  });

  test('of somebody who is blocked nothing is shown, gestures neither', async () => {
    const { world, room } = await talking();
    const mine = await write(world, room, 'hello');
    await write(world, room, '!causeway block');
    await world.clock.until('she is blocked', () =>
      eventsOf(world).some(({ content }) => /not shown/.test(String(content.body))),
    );
    const target = keyFromMsgid(`said-${mine.event_id}`);
    does<NetworkReaction>(world, CAROL, { kind: 'reaction', target, emoji: '👎', removed: false });
    await world.clock.pass(5_000);
    assert.ok(!eventsOf(world).some(({ type }) => type === 'm.reaction'));
  });
});

/** What of ours was taken back. */
const redacted = (world: FakeWorld): unknown[] =>
  eventsOf(world)
    .filter(({ type, sender }) => type === 'm.room.redaction' && sender.endsWith(SERVER) && sender !== ALICE)
    .map(({ redacts, content }) => redacts ?? content.redacts);
