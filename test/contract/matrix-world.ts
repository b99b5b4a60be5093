import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { makeRegistration } from '../../src/config/registration/registration.ts';
import type { Result } from '../../src/core/errors.ts';
import type { CompanionSync } from '../../src/matrix/companion-sync.ts';
import { makeCompanionSync } from '../../src/matrix/companion-sync.ts';
import { makeHomeserver } from '../../src/matrix/homeserver.ts';
import { type Listener, makeListener } from '../../src/matrix/listener.ts';
import type { CreateRoom, Homeserver } from '../../src/ports/matrix.ts';
import { clock, type RecordingSink, recordingLog, recordingSink } from '../matrix/support.ts';
import { type Dendrite, startDendrite } from '../servers/dendrite.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

export const SERVER = 'willow.example';
export const GHOST = `@_causeway_home_carol:${SERVER}`;

export type World = {
  readonly dendrite: Dendrite;
  readonly homeserver: Homeserver;
  readonly listener: Listener;
  /** What the pushes bring. */
  readonly sink: RecordingSink;
  readonly log: ReturnType<typeof recordingLog>;
  readonly tokens: { readonly as: string; readonly hs: string };
  readonly listenUrl: string;
  /** The same service seen through another address, such as a proxy's. */
  readonly through: (url: string) => Homeserver;
  /** A poll of its own with its own sink. */
  readonly poll: (sink: RecordingSink, hold?: { forMs: number; marginMs: number }) => CompanionSync;
};

/** A real Dendrite with our listener as its application service. Everything ends with the test file. */
export async function makeWorld(name: string): Promise<World> {
  const dir = makeTempDir(name);
  const sink = recordingSink();
  const log = recordingLog();
  const tokens = { as: 'as-token-of-the-test', hs: 'hs-token-of-the-test' };
  const listener = makeListener({
    listen: { host: '127.0.0.1', port: 0 },
    hsToken: tokens.hs,
    queryToken: false,
    sink,
    log,
    failpoint: () => undefined,
  });
  const listenUrl = `http://127.0.0.1:${okOf(await listener.listen())}`;
  const file = makeRegistration({ serverName: SERVER, url: listenUrl, randomToken: () => 'x' });
  const registration = join(dir, 'registration.yaml');
  await writeFile(registration, JSON.stringify({ ...file, as_token: tokens.as, hs_token: tokens.hs }));
  const dendrite = await startDendrite({
    dir: join(dir, 'dendrite'),
    serverName: SERVER,
    registrations: [registration],
  });
  const through = (url: string): Homeserver =>
    makeHomeserver({
      url,
      serverName: SERVER,
      asToken: tokens.as,
      botLocalpart: '_causeway_bot',
      log,
      clock,
      failpoint: () => undefined,
    });
  const homeserver = through(dendrite.url);
  const polls: CompanionSync[] = [];
  after(async () => {
    await Promise.all(polls.map((each) => each.close()));
    await dendrite.stop();
    await listener.close();
  });
  const poll: World['poll'] = (into, hold) => {
    const made = makeCompanionSync({
      url: dendrite.url,
      token: tokens.as,
      botId: homeserver.botId,
      sink: into,
      log,
      clock,
      getCursor: async () => into.cursor,
      ...(hold === undefined ? {} : { hold }),
    });
    polls.push(made);
    return made;
  };
  return { dendrite, homeserver, listener, sink, log, tokens, listenUrl, through, poll };
}

export function okOf<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.text}`);
  return result.value;
}

export function errorOf<T>(result: Result<T>): { code: string; retry: string } {
  assert.ok(!result.ok, 'It succeeded.');
  return { code: result.error.code, retry: result.error.retry };
}

export const publicRoom = (roomVersion = '11', more: Partial<CreateRoom> = {}): CreateRoom => ({
  name: 'Commons',
  preset: 'public_chat',
  roomVersion,
  initialState: [],
  powerLevels: {},
  ...more,
});

export const text = (body: string): object => ({ msgtype: 'm.text', body });

/** A room with a ghost in it. */
export async function roomWithGhost(homeserver: Homeserver, ghost = GHOST, roomVersion = '11'): Promise<string> {
  const room = okOf(await homeserver.createRoom(publicRoom(roomVersion)));
  okOf(await homeserver.registerGhost(ghost.slice(1, ghost.indexOf(':'))));
  okOf(await homeserver.join(ghost, room));
  return room;
}

/** What people said in the room, oldest first. */
export async function said(homeserver: Homeserver, room: string): Promise<unknown[]> {
  const { events } = okOf(await homeserver.messages(homeserver.botId, room, undefined, 500));
  return events
    .filter((event) => event.type === 'm.room.message')
    .map((event) => event.content.body)
    .toReversed();
}
