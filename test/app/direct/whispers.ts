import type { MatrixEvent, NetworkMessage, NetworkSource } from '../../../src/core/events.ts';
import { BOT, SERVER } from '../../fakes/fake-homeserver.ts';
import { FakeWorld } from '../../fakes/fake-world.ts';

export const ALICE = `@alice:${SERVER}`;
export const GHOST = `@_causeway_home_carol:${SERVER}`;

export async function ready(): Promise<FakeWorld> {
  const world = await FakeWorld.make();
  world.network.people.set('carol', { nick: 'carol' });
  await world.start();
  await world.clock.until('the bridge is ready', () => world.isQuiet());
  return world;
}

/** Somebody of the network writes to Alice alone. */
export function whisper(
  world: FakeWorld,
  text: string,
  source: NetworkSource = { nick: 'carol' },
  style: NetworkMessage['style'] = 'text',
): void {
  world.network.history.push({
    ...world.message(source.nick, text),
    channel: source.nick,
    source,
    style,
    privatelyTo: ALICE,
  });
  world.network.happened.raise();
}

/** Rooms that the bridge made for two. */
export const roomsOf = (world: FakeWorld): string[] =>
  [...world.homeserver.rooms]
    .filter(([, { state }]) => [...state.keys()].some((key) => key.startsWith('coop.causeway.direct ')))
    .map(([id]) => id);

export const messages = (world: FakeWorld, room: string): string[] =>
  world.homeserver
    .room(room)
    .events.filter(({ type }) => type === 'm.room.message')
    .flatMap(({ sender, content }) =>
      String(content.body)
        .split('\n')
        .map((line) => `${sender === BOT ? 'bot' : sender === GHOST ? 'carol' : sender}: ${line}`),
    );
/** Alice writes in a room. */
export async function write(world: FakeWorld, room: string, body: string): Promise<MatrixEvent> {
  const event = world.homeserver.happen(room, ALICE, 'm.room.message', { msgtype: 'm.text', body });
  await world.bridge?.gate.events('push', [event]);
  return event;
}
