import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readStretch } from '../../src/app/inbox/room-history.ts';
import { recordingSink } from '../matrix/support.ts';
import { startHttpProxy } from '../servers/http-proxy.ts';
import { MatrixUser, waitUntil } from '../servers/people.ts';
import { errorOf, GHOST, makeWorld, okOf, roomWithGhost, SERVER, said, text } from './matrix-world.ts';

const world = await makeWorld('matrix-interruptions');
const { homeserver, dendrite } = world;
const BOT = homeserver.botId;
const within = 20_000;

let sends = 0;
const speak = async (room: string, body: string): Promise<string> =>
  okOf(await homeserver.send(GHOST, room, 'm.room.message', `txn${sends++}`, text(body)));

describe("the bot's /sync of a real Dendrite", () => {
  test('begins after what was said before, and brings messages, redactions, typing and invitations', async () => {
    const room = await roomWithGhost(homeserver);
    await speak(room, 'before');
    await waitUntil(async () => (await said(homeserver, room)).length === 1);
    const sink = recordingSink();
    const poll = world.poll(sink);
    poll.start();
    await waitUntil(() => sink.cursor !== undefined);
    const eventId = await speak(room, 'after');
    const redaction = okOf(await homeserver.redact(BOT, room, eventId, 'redact-1'));
    await waitUntil(() => sink.stored.some((event) => event.event_id === redaction), { timeoutMs: within });
    assert.deepEqual(
      sink.stored.filter((event) => event.room_id === room).map((event) => event.event_id),
      [eventId, redaction],
    );
    assert.equal(sink.stored.at(-1)?.redacts, eventId);
    // Dendrite does not push redactions: this is what the poll is for.
    assert.ok(world.sink.stored.every((event) => event.event_id !== redaction));

    await dendrite.register('alice', 'alice-has-a-password');
    const alice = await MatrixUser.login(dendrite.url, 'alice', 'alice-has-a-password');
    await alice.join(room);
    await alice.request('PUT', `/v3/rooms/${encodeURIComponent(room)}/typing/${encodeURIComponent(alice.userId)}`, {
      typing: true,
      timeout: 5_000,
    });
    const hers = await alice.createRoom({ preset: 'private_chat' });
    await alice.send(hers, 'said before the bot came');
    await alice.invite(hers, BOT);
    const expected = [`typing ${room}: ${alice.userId}`, `invited ${BOT} to ${hers} by ${alice.userId}`];
    await waitUntil(() => expected.every((call) => sink.calls.includes(call)), {
      timeoutMs: within,
      what: () => sink.calls,
    });

    okOf(await homeserver.join(BOT, hers));
    const welcome = await alice.send(hers, 'welcome');
    await waitUntil(() => sink.stored.some((event) => event.event_id === welcome), { timeoutMs: within });
    assert.deepEqual(
      sink.stored.filter((event) => event.room_id === hers).map((event) => event.content.body ?? event.type),
      ['m.room.member', 'welcome'],
    );
    assert.deepEqual(
      sink.calls.filter((call) => call.startsWith('interrupted')),
      [],
    );
    await poll.close();
  });

  test('resumes through a kill -9, tells of it before and after, and repeats nothing', async () => {
    const room = await roomWithGhost(homeserver);
    const sink = recordingSink();
    const poll = world.poll(sink);
    poll.start();
    await waitUntil(() => sink.cursor !== undefined);
    const ids = [await speak(room, 'one')];
    await waitUntil(() => sink.stored.some((event) => event.event_id === ids[0]), { timeoutMs: within });
    await dendrite.kill9();
    await waitUntil(() => sink.calls.some((call) => call.startsWith('interrupted')), { timeoutMs: 1_000 });
    await dendrite.start();
    const upMs = performance.now();
    await waitUntil(
      () => sink.calls.some((call) => call.startsWith('interrupted sync: The homeserver answers again')),
      { timeoutMs: within },
    );
    assert.ok(performance.now() - upMs < 2_000, `noticed ${performance.now() - upMs} ms after it was ready`);
    ids.push(await speak(room, 'two'));
    await waitUntil(() => sink.stored.some((event) => event.event_id === ids[1]), { timeoutMs: within });
    assert.deepEqual(
      sink.stored.filter((event) => event.type === 'm.room.message').map((event) => event.event_id),
      ids,
    );
    await poll.close();
  });

  test('goes on in a new process where the old one stopped, with what was said meanwhile', async () => {
    const room = await roomWithGhost(homeserver);
    const sink = recordingSink();
    const first = world.poll(sink);
    first.start();
    await waitUntil(() => sink.cursor !== undefined);
    await first.close();
    const ids: string[] = [];
    for (const body of ['one', 'two', 'three']) ids.push(await speak(room, body));
    const second = world.poll(sink);
    second.start();
    await waitUntil(() => sink.stored.some((event) => event.event_id === ids[2]), { timeoutMs: within });
    const spoken = sink.stored.filter((event) => event.type === 'm.room.message').map((event) => event.event_id);
    assert.deepEqual(spoken, ids);
    assert.deepEqual(
      sink.calls.filter((call) => call.startsWith('interrupted')),
      ['interrupted sync: Causeway was away'],
    );
    await second.close();
  });

  test('notices a homeserver that is there and does not answer', async () => {
    const sink = recordingSink();
    const poll = world.poll(sink, { forMs: 300, marginMs: 700 });
    poll.start();
    await waitUntil(() => sink.cursor !== undefined);
    await dendrite.pause();
    try {
      await waitUntil(() => sink.calls.includes('interrupted sync: no answer in time'), {
        timeoutMs: within,
        what: () => sink.calls,
      });
    } finally {
      dendrite.resume();
    }
    await waitUntil(() => sink.calls.at(-1)?.includes('answers again') === true || sink.calls.length > 3, {
      timeoutMs: 70_000,
      what: () => sink.calls,
    });
    await poll.close();
  });
});

describe('a send', () => {
  test('whose answer was lost is in doubt, and in the room', async () => {
    const room = await roomWithGhost(homeserver);
    const proxy = await startHttpProxy(dendrite.ports.http);
    try {
      proxy.rule({ fits: (line) => line.includes('/send/'), fault: { kind: 'drop-response' }, times: 1 });
      const sent = await world.through(proxy.url).send(GHOST, room, 'm.room.message', 'lost', text('lost'));
      assert.deepEqual(errorOf(sent), { code: 'matrix.answer-lost', retry: 'lookup' });
      await waitUntil(async () => (await said(homeserver, room)).includes('lost'), { timeoutMs: within });
      assert.equal(proxy.seen.filter((line) => line.includes('/send/')).length, 1);
    } finally {
      await proxy.stop();
    }
  });

  test('that a proxy answers 502 or 504 is in doubt', async () => {
    const room = await roomWithGhost(homeserver);
    const proxy = await startHttpProxy(dendrite.ports.http);
    try {
      for (const status of [502, 504]) {
        proxy.rule({
          fits: (line) => line.includes('/send/'),
          fault: { kind: 'answer', status, body: '<html>' },
          times: 1,
        });
        const sent = await world.through(proxy.url).send(GHOST, room, 'm.room.message', `p${status}`, text('x'));
        assert.deepEqual(errorOf(sent), { code: 'matrix.server-error', retry: 'lookup' });
      }
    } finally {
      await proxy.stop();
    }
  });

  test('to a homeserver that is not there never left, and passes when it is back', async () => {
    const room = await roomWithGhost(homeserver);
    await dendrite.stop();
    const sent = await homeserver.send(GHOST, room, 'm.room.message', 'away', text('away'));
    assert.deepEqual(errorOf(sent), { code: 'matrix.unreachable', retry: 'later' });
    assert.equal(homeserver.health.reachable, false);
    await dendrite.start();
    okOf(await homeserver.send(GHOST, room, 'm.room.message', 'away', text('away')));
    assert.deepEqual(homeserver.health, { reachable: true });
    await waitUntil(async () => (await said(homeserver, room)).length === 1, { timeoutMs: within });
  });

  test('under way when Dendrite is killed was answered, or is in doubt; what was answered is in the room', async () => {
    const room = await roomWithGhost(homeserver);
    const answered: string[] = [];
    for (let round = 0; round < 4; round++) {
      let goesOn = true;
      const speaking = (async () => {
        while (goesOn) {
          const body = `line ${sends}`;
          const sent = await homeserver.send(GHOST, room, 'm.room.message', `kill${sends++}`, text(body));
          if (sent.ok) answered.push(body);
          else {
            assert.ok(['lookup', 'later'].includes(sent.error.retry), JSON.stringify(sent.error));
            return;
          }
        }
      })();
      const before = answered.length;
      await waitUntil(() => answered.length >= before + 3, { timeoutMs: within });
      if (round % 2 === 0) await dendrite.kill9();
      else await dendrite.stop();
      goesOn = false;
      await speaking;
      await dendrite.start();
    }
    const missing = async () => {
      const bodies = new Set(await said(homeserver, room));
      return answered.filter((body) => !bodies.has(body));
    };
    await waitUntil(async () => (await missing()).length === 0, { timeoutMs: within, what: missing });
  });
});

describe('a real room read back', () => {
  test('is complete and in order to the known event, over many pages', async () => {
    const room = await roomWithGhost(homeserver);
    const known = await speak(room, 'known');
    const ids: string[] = [];
    for (let i = 0; i < 65; i++) ids.push(await speak(room, `line ${i}`));
    await waitUntil(async () => (await said(homeserver, room)).length === 66, { timeoutMs: within });
    const back = okOf(await readStretch(homeserver, room, { anchor: known, floor: known, nowMs: 0 }));
    assert.deepEqual([back.events.map((event) => event.event_id), back.complete], [ids, true]);
    const whole = okOf(await readStretch(homeserver, room, { anchor: '$unknown', floor: undefined, nowMs: 0 }));
    assert.deepEqual([whole.events[0]?.type, whole.complete], ['m.room.create', false]);
  });

  test('of events sent at one moment none is left out at the end of a page', async () => {
    const ghosts = ['ann', 'ben', 'cleo', 'dan'].map((name) => `@_causeway_home_${name}:${SERVER}`);
    const room = await roomWithGhost(homeserver);
    for (const ghost of ghosts) {
      okOf(await homeserver.registerGhost(ghost.slice(1, ghost.indexOf(':'))));
      okOf(await homeserver.join(ghost, room));
    }
    const sent = new Set<string>();
    for (let round = 0; round < 60; round++)
      for (const answer of await Promise.all(
        ghosts.map((ghost) => homeserver.send(ghost, room, 'm.room.message', `${ghost}${round}`, text('at once'))),
      ))
        sent.add(okOf(answer));
    const back = okOf(await readStretch(homeserver, room, { anchor: '$unknown', floor: undefined, nowMs: 0 }));
    const seen = back.events.map((event) => event.event_id);
    assert.deepEqual(
      [...sent].filter((id) => !seen.includes(id)),
      [],
    );
    assert.equal(new Set(seen).size, seen.length);
  });

  test('of which nobody is told is refused in words', async () => {
    assert.equal(
      (await readStretch(homeserver, '!gone:willow.example', { anchor: '$x', floor: undefined, nowMs: 0 })).ok,
      false,
    );
  });
});
