import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { SEND_STATUS } from '../../src/core/convert/send-status.ts';
import { IrcUser, USUAL_CAPS } from '../../src/sandbox/people/irc-user.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson } from '../fakes/freeq/person.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { type Ergo, startErgo } from '../servers/ergo.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, type ShardOptions, startShard } from './shard.ts';

const CHANNEL = '#commons';
/** Dendrite's word for all that it tells of presence, to its own people too. */
const PRESENCE: ShardOptions['dendrite'] = {
  overrides: { global: { presence: { enable_inbound: true, enable_outbound: true } } },
};
const ASKED = { presence: { toMatrix: true, toNetwork: true }, readMarkers: true, deliveryMarks: 'events' };

type Told = { readonly presence?: string; readonly status_msg?: string };
const statusPath = (userId: string): string => `/v3/presence/${encodeURIComponent(userId)}/status`;

/** How somebody is shown to the people of the homeserver. */
async function shown(shard: Shard, userId: string): Promise<readonly string[]> {
  const { presence = '', status_msg: status = '' }: Told = await shard
    .person('alice')
    .request('GET', statusPath(userId));
  return status === '' ? [presence] : [presence, status];
}

const isShown = (shard: Shard, userId: string, ...expected: readonly string[]): Promise<unknown> =>
  waitUntil(async () => isDeepStrictEqual(await shown(shard, userId), expected), {
    timeoutMs: 20_000,
    what: `${userId} to be ${expected.join(' ')}`,
  });

const setPresence = (shard: Shard, who: string, presence: string, status?: string): Promise<unknown> => {
  const person = shard.person(who);
  return person.request('PUT', statusPath(person.userId), {
    presence,
    ...(status !== undefined && { status_msg: status }),
  });
};

describe('who is away and what is read, on Dendrite and Ergo', { timeout: 300_000 }, () => {
  let ergo: Ergo;
  let shard: Shard;
  let carol: IrcUser;
  let room: string;
  const CAROL = '@_causeway_home_carol:shard.test';

  before(async () => {
    ergo = await startErgo({ dir: join(makeTempDir('presence-ergo'), 'ergo') });
    // What is to be bob's account gets a password, for a client of his own.
    const first = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bob-mx' });
    first.sendLine('REGISTER * * a-password');
    await first.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS');
    await first.quit();
    shard = await startShard('presence', {
      ircPort: ergo.ports.irc,
      dendrite: PRESENCE,
      network: { ...ASKED, puppets: { max: 100, sasl: { kind: 'jwt', key: ergo.jwtKey } } },
    });
    room = shard.room(CHANNEL);
    carol = await shard.ircUser('carol', { caps: [...USUAL_CAPS, 'away-notify'] });
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
    await ergo?.stop();
  });

  const said = async (text: string): Promise<string> => {
    carol.say(CHANNEL, text);
    const event = await shard.person('alice').waitFor(({ content }) => content.body === text, { what: text });
    return event.event_id;
  };
  const onIrc = (command: string, params: readonly string[], from = 0) =>
    carol.waitFor((line) => line.command === command && isDeepStrictEqual(line.params, params), {
      from,
      timeoutMs: 20_000,
      what: `${command} ${params.join(' ')}`,
    });

  test('whoever is away on IRC is away on Matrix, with what they said to it; the room hears nothing', async () => {
    await said('I am here');
    await isShown(shard, CAROL, 'online');
    const before = (await shard.person('alice').history(room)).length;
    carol.sendLine('AWAY :out \x02for\x02 lunch');
    await isShown(shard, CAROL, 'unavailable', 'out for lunch');
    carol.sendLine('AWAY');
    await isShown(shard, CAROL, 'online');
    assert.equal((await shard.person('alice').history(room)).length, before);
  });

  test('and everybody who shares a room with them sees it', async () => {
    const bob = shard.person('bob');
    const first = await bob.request('GET', '/v3/sync?timeout=0');
    carol.sendLine('AWAY :again');
    await isShown(shard, CAROL, 'unavailable', 'again');
    const { presence } = (await bob.request('GET', `/v3/sync?timeout=5000&since=${first.next_batch}`)) as {
      presence: { events: { sender: string; content: Told }[] };
    };
    const carols = presence.events.filter(({ sender }) => sender === CAROL);
    assert.deepEqual(
      carols.map(({ content }) => [content.presence, content.status_msg]),
      [['unavailable', 'again']],
    );
    carol.sendLine('AWAY');
    await isShown(shard, CAROL, 'online');
  });

  test('whoever is away on Matrix is away on IRC; the channel hears nothing but that', async () => {
    await shard.person('bob').send(room, 'hello from bob');
    await carol.waitFor((line) => line.params[1] === 'hello from bob');
    const from = carol.lines.length;
    await setPresence(shard, 'bob', 'unavailable', 'in the \x02garden\r\n');
    const away = await onIrc('AWAY', ['in the garden'], from);
    assert.equal(away.nick, 'bob-mx');
    await setPresence(shard, 'bob', 'online');
    await onIrc('AWAY', [], from);
    assert.deepEqual(
      carol.lines.slice(from).filter(({ command }) => command === 'PRIVMSG' || command === 'NOTICE'),
      [],
    );
  });

  test('what somebody reads in the room is read for their account on IRC, forward only', async () => {
    // The same account in a client of its own.
    const bob = await shard.ircUser('bob-mx', {
      caps: [...USUAL_CAPS, 'draft/read-marker'],
      // It is where the account is.
      channels: [],
      sasl: { account: 'bob-mx', password: 'a-password' },
    });
    const [early, late] = [await said('an early line'), await said('a late line')];
    const read = (eventId: string) =>
      shard
        .person('bob')
        .request('POST', `/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(eventId)}`, {});
    await read(late);
    const marked = await bob.waitFor(
      ({ command, params }) => command === 'MARKREAD' && params[1]?.startsWith('timestamp=') === true,
      { timeoutMs: 20_000, what: 'MARKREAD' },
    );
    const line = carol.said(CHANNEL).find(({ text }) => text === 'a late line')?.line;
    assert.deepEqual(marked.params, [CHANNEL, `timestamp=${line?.tags.time}`]);
    await read(early);
    const last = await said('the last line');
    const from = bob.lines.length;
    await read(last);
    await bob.waitFor(({ command }) => command === 'MARKREAD', { from, timeoutMs: 20_000, what: 'the next MARKREAD' });
    assert.equal(bob.lines.filter(({ command, params }) => command === 'MARKREAD' && params[1] !== '*').length, 2);
    await bob.quit();
  });

  test('what arrived is told for programs', async () => {
    const event = await shard.person('bob').send(room, 'did you get this?');
    const told = await shard
      .person('alice')
      .waitFor(
        ({ type, content }) =>
          type === SEND_STATUS && (content['m.relates_to'] as { event_id: string }).event_id === event,
        { what: 'the status' },
      );
    assert.deepEqual([told.sender, told.content.status, told.content.network], [shard.bot().userId, 'SUCCESS', 'home']);
  });

  test('all of what arrived is told, though the bridge is killed meanwhile', async () => {
    // The homeserver limits how often people read a room, and not how often the bridge does.
    const [bot, bob] = [shard.bot(), shard.person('bob')];
    const sent: string[] = [];
    for (let i = 0; i < 30; i++) {
      sent.push(await bob.send(room, `line ${i}`));
      if (i === 15) await shard.bridge.kill9();
    }
    await shard.restartBridge();
    const lastWords = async (): Promise<readonly unknown[]> => {
      const words = new Map<string, unknown>();
      for (const { type, content } of await bot.history(room))
        if (type === SEND_STATUS) words.set((content['m.relates_to'] as { event_id: string }).event_id, content.status);
      return [...new Set(sent.map((id) => words.get(id)))];
    };
    await waitUntil(async () => isDeepStrictEqual(await lastWords(), ['SUCCESS']), {
      timeoutMs: 60_000,
      what: 'each to be told',
    });
  });

  test('after a restart all stands as it stood, and whoever went meanwhile is gone', async () => {
    const eve = await shard.ircUser('eve');
    eve.say(CHANNEL, 'eve is here');
    const EVE = '@_causeway_home_eve:shard.test';
    await isShown(shard, EVE, 'online');
    carol.sendLine('AWAY :all day');
    await isShown(shard, CAROL, 'unavailable', 'all day');
    await setPresence(shard, 'bob', 'unavailable', 'gone fishing');
    await onIrc('AWAY', ['gone fishing']);
    await shard.bridge.stop();
    await eve.quit();
    const from = carol.lines.length;
    await shard.restartBridge();
    await isShown(shard, EVE, 'offline');
    await shard.person('bob').send(room, 'back with a new connection');
    await onIrc('AWAY', ['gone fishing'], from);
    assert.deepEqual(await shown(shard, CAROL), ['unavailable', 'all day']);
  });
});

describe('who is away, on Dendrite and freeq', { timeout: 300_000 }, () => {
  let server: FreeqServer;
  let shard: Shard;
  let frida: FreeqPerson;

  before(async () => {
    server = await FreeqServer.start();
    shard = await startShard('presence-freeq', {
      ircPort: server.ports.irc,
      dendrite: PRESENCE,
      network: {
        ...ASKED,
        deliveryMarks: 'receipts',
        kind: 'freeq',
        freeq: { keys: join(makeTempDir('presence-keys'), 'keys') },
      },
    });
    frida = await FreeqPerson.connect(server.ports.irc, { nick: 'frida', key: makeKeyHolder(), channels: [CHANNEL] });
  });
  after(async () => {
    frida?.vanish();
    await shard?.stop();
    await server?.stop();
  });

  test('somebody of freeq is away on Matrix, and somebody of Matrix on freeq', async () => {
    frida.say(CHANNEL, 'moin');
    const { sender } = await shard.person('alice').waitFor(({ content }) => content.body === 'moin');
    await isShown(shard, sender, 'online');
    frida.send('AWAY :lunch');
    await isShown(shard, sender, 'unavailable', 'lunch');
    frida.send('AWAY');
    await isShown(shard, sender, 'online');
    await shard.person('bob').send(shard.room(CHANNEL), 'hello from bob');
    await frida.gotLine(/hello from bob/);
    await setPresence(shard, 'bob', 'unavailable', 'in the garden');
    await frida.gotLine(/^:bob![^ ]+ AWAY :in the garden$/);
  });

  test('what arrived the bot has read', async () => {
    const room = shard.room(CHANNEL);
    const event = await shard.person('bob').send(room, 'has it arrived?');
    const botId = shard.bot().userId;
    type Receipts = Record<string, { 'm.read'?: Record<string, unknown> }>;
    const readBy = async (): Promise<readonly string[]> => {
      const { rooms } = (await shard.person('bob').request('GET', '/v3/sync?timeout=0')) as {
        rooms: { join: Record<string, { ephemeral?: { events: { type: string; content: Receipts }[] } }> };
      };
      const receipts = rooms.join[room]?.ephemeral?.events.filter(({ type }) => type === 'm.receipt') ?? [];
      return receipts.flatMap(({ content }) => Object.keys(content[event]?.['m.read'] ?? {}));
    };
    await waitUntil(async () => isDeepStrictEqual(await readBy(), [botId]), { what: 'the receipt of the bot' });
  });
});
