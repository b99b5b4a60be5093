import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MatrixEvent, NetworkMessage } from '../../src/core/events.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { SERVER_ERROR, UNREACHABLE } from '../fakes/fake-homeserver.ts';
import { FakeWorld } from '../fakes/fake-world.ts';

const ALICE = '@alice:willow.example';
const BOB = '@bob:willow.example';

/** A bridge whose network has answers, reactions and deletions as long as it is there. */
async function talking() {
  const world = await FakeWorld.make();
  world.network.powers = { replies: true, reactions: true, deletions: true };
  await world.start();
  await world.clock.until('the room is linked', () => world.log.lines.some((line) => line.endsWith('linked')));
  const { homeserver, room, clock } = world;
  for (const person of [ALICE, BOB]) homeserver.happen(room, person, 'm.room.member', { membership: 'join' }, person);
  return {
    world,
    quiet: (): Promise<void> => clock.until('nothing waits', () => world.isQuiet()),
    say: (who: string, body: string, more: object = {}): MatrixEvent =>
      homeserver.happen(room, who, 'm.room.message', { msgtype: 'm.text', body, ...more }),
    react: (who: string, { event_id }: MatrixEvent, key: string) =>
      homeserver.happen(room, who, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id, key } }),
    redact: (who: string, { event_id }: MatrixEvent) =>
      homeserver.happen(room, who, 'm.room.redaction', { redacts: event_id }),
  };
}

describe('what people on Matrix do with what was said, while a side of the bridge is away', () => {
  test('a reaction and a deletion wait for the network, in their order, also over a restart', async () => {
    for (const restarts of [false, true]) {
      const { world, say, react, redact, quiet } = await talking();
      const [kept, secret] = [say(ALICE, 'kept'), say(ALICE, 'secret')];
      await quiet();
      world.network.goDown(30_000);
      react(BOB, kept, '👍');
      redact(ALICE, secret);
      await world.clock.pass(5_000);
      assert.deepEqual([world.network.gestures, await world.isQuiet()], [[], false]);
      if (restarts) {
        world.kill();
        await world.start();
        await world.clock.pass(5_000);
      }
      await quiet();
      const [first, second] = [kept, secret].map(({ event_id: id }) => keyFromMsgid(`said-${id}`));
      assert.deepEqual(
        world.network.gestures,
        [`${BOB} react 👍 ${first}`, `${ALICE} redact ${second}`],
        `restarts: ${restarts}`,
      );
    }
  });

  test('a deletion that waits when the bridge starts does not go out before the network is there', async () => {
    const { world, say, redact, quiet } = await talking();
    const secret = say(ALICE, 'secret');
    await quiet();
    world.network.goDown(2_000);
    redact(ALICE, secret);
    await world.clock.pass(1_000);
    world.kill();
    await world.clock.pass(10_000);
    await world.start();
    await quiet();
    assert.deepEqual(world.network.gestures, [`${ALICE} redact ${keyFromMsgid(`said-${secret.event_id}`)}`]);
  });

  test('an edit after a restart waits for the homeserver, which alone knows what was said', async () => {
    const { world, say, quiet } = await talking();
    const event = say(ALICE, 'we meet on Thursday');
    await quiet();
    world.kill();
    await world.start();
    let away = true;
    world.homeserver.fault = ({ name }) =>
      away && name === 'event' ? { kind: 'failed', error: UNREACHABLE } : undefined;
    say(ALICE, '', editing(event.event_id, 'we meet on Friday'));
    say(BOB, 'see you');
    await world.clock.pass(20_000);
    assert.deepEqual(said(world), ['we meet on Thursday']);
    away = false;
    await quiet();
    assert.deepEqual(said(world), ['we meet on Thursday', 's/Thursday/Friday/', 'see you']);
  });

  test('an edit of what the homeserver fails at keeps others for minutes only, and its author is told; failing at everything loses nothing', async () => {
    for (const everything of [false, true]) {
      const { world, say, quiet } = await talking();
      const event = say(ALICE, 'we meet on Thursday');
      await quiet();
      world.kill();
      await world.start();
      let fails = true;
      const error = { ...SERVER_ERROR, retry: 'later' } as const;
      world.homeserver.fault = ({ name }) =>
        fails && (everything || name === 'event') ? { kind: 'failed', error } : undefined;
      say(ALICE, '', editing(event.event_id, 'we meet on Friday'));
      say(BOB, 'see you');
      await world.clock.pass(300_000);
      fails = false;
      await quiet();
      assert.deepEqual(
        [said(world), world.homeserver.saidIn(world.room)],
        everything
          ? [['we meet on Thursday', 's/Thursday/Friday/', 'see you'], []]
          : [['we meet on Thursday', 'see you'], ['Not delivered to #commons: matrix.server-error']],
      );
    }
  });
});

describe('what people on a network change, while the homeserver is away', () => {
  test('takes no other line out of an event that says several', async () => {
    const { world, quiet } = await talking();
    const carolSays = (lines: string[], more: Partial<NetworkMessage> = {}) =>
      world.onIrcAlso<NetworkMessage>('carol', { kind: 'message', style: 'text', lines, ...more });
    let away: string | undefined = 'send';
    world.homeserver.fault = ({ name }) => (name === away ? { kind: 'failed', error: UNREACHABLE } : undefined);
    const one = carolSays(['one']);
    carolSays(['two']);
    await world.clock.pass(5_000);
    away = 'event';
    await world.clock.until('the lines are in the room', () => put(world).length > 0);
    carolSays(['1'], { edits: one.key });
    await world.clock.pass(5_000);
    away = undefined;
    await quiet();
    const [first, second] = put(world);
    assert.deepEqual(
      [first?.content.body, second?.content['m.relates_to']],
      ['one\ntwo', { 'm.in_reply_to': { event_id: first?.event_id } }],
    );
  });
});

const said = ({ network }: FakeWorld): string[] => network.said.map(({ text }) => text);

/** What carol's ghost says in the room. */
const put = ({ homeserver, room }: FakeWorld): readonly MatrixEvent[] =>
  homeserver.room(room).events.filter(({ sender, type }) => sender.includes('_carol') && type === 'm.room.message');

const editing = (eventId: string, body: string) => ({
  msgtype: 'm.text',
  body: `* ${body}`,
  'm.new_content': { msgtype: 'm.text', body },
  'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
});
