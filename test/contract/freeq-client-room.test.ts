import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { mediaIn } from '../../src/core/freeq/tags.ts';
import { CHANNEL } from '../fakes/freeq/bridge-world.ts';
import { waitUntil } from '../servers/people.ts';
import { behaves } from './freeq-scene.ts';

/** Of the behaviours in freeq-client.test.ts, those about files, topics, pins and typing. */
describe('a bridge on freeq: files, topics, pins and typing', { timeout: 280_000 }, () => {
  behaves([14], 'shows a file with its description and measures', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'a cat https://files.example/cat.png', {
      '+freeq.at/media-url': 'https://files.example/cat.png',
      '+freeq.at/media-mime': 'image/png',
      '+freeq.at/media-alt': 'a cat',
      '+freeq.at/media-w': '640',
      '+freeq.at/media-h': '480',
    });
    const event = await world.event('the picture', ({ content }) => String(content.body).includes('cat'));
    assert.match(String(event.content.body), /https:\/\/files\.example\/cat\.png/);
  });

  behaves([14], 'tells of a file with all its facts, under the member’s own signature', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    world.say('Bob', 'our cat', {
      ...{ msgtype: 'm.image', filename: 'cat.png', url: 'mxc://willow.example/abc' },
      info: { mimetype: 'image/png', size: 9, w: 64, h: 48 },
    });
    const line = await alice.gotLine(/media-url=.* PRIVMSG #commons /);
    const { url, ...media } = mediaIn(line.tags)[0] ?? assert.fail('no file');
    assert.match(url, /^https:\/\/bridge\.example\/m\/\w+\/cat\.png$/);
    assert.deepEqual(media, {
      ...{ mimetype: 'image/png', filename: 'cat.png', alt: 'our cat', sizeBytes: 9, width: 64, height: 48 },
    });
    assert.ok(line.params[1]?.includes(url), 'who sees no tags has the link');
    assert.match(line.tags.get('+freeq.at/sig') ?? '', /^ed25519:/);
    assert.deepEqual(world.notices(), []);
  });

  behaves([15], 'passes topics, as far as the channel lets it', 'both', async (scene) => {
    const op = await scene.person('op');
    const world = await scene.bridge();
    op.send(`TOPIC ${CHANNEL} :set on freeq`);
    await waitUntil(
      () =>
        world.events.some(
          ({ type, content }) => type === 'm.room.topic' && String(content.topic).includes('set on freeq'),
        ),
      { what: 'the topic in the room' },
    );
    world.say('Bob', 'here');
    await op.got(/ PRIVMSG #commons here/);
    world.homeserver.happen(world.room, '@bob:willow.example', 'm.room.topic', { topic: 'set on Matrix' }, '');
    await op.flush();
    await waitUntil(
      () =>
        world.notices().some((notice) => notice.includes('operators')) ||
        op.lines.some((line) => / TOPIC .*set on Matrix/.test(line)),
      { what: 'the topic set, or told why not' },
    );
  });

  behaves([15], 'passes pins of the room, by whoever may pin in the channel', 'both', async (scene) => {
    const op = await scene.person('op');
    const world = await scene.bridge();
    const said = world.say('Bob', 'the shed is open');
    const msgid = (await op.gotLine(/ PRIVMSG #commons :the shed is open/)).tags.get('msgid');
    const pins = (...pinned: readonly string[]) =>
      world.homeserver.happen(world.room, '@bob:willow.example', 'm.room.pinned_events', { pinned }, '');
    const told = () => op.lines.flatMap((line) => /\+freeq\.at\/((?:un)?pin=\w+)/.exec(line)?.[1] ?? []);
    pins(said.event_id);
    world.say('Bob', 'Bob may not');
    await op.got(/ PRIVMSG #commons :Bob may not/);
    assert.deepEqual([told(), world.notices()], [[], []]);
    op.send(`MODE ${CHANNEL} +o Bob`);
    await op.flush();
    pins();
    pins(said.event_id);
    pins(said.event_id, '$never-heard-of');
    pins();
    await op.got(/\+freeq\.at\/unpin=/);
    world.say('Bob', 'done');
    await op.got(/ PRIVMSG #commons :?done/);
    assert.deepEqual(told(), [`pin=${msgid}`, `unpin=${msgid}`]);
    // What was pinned on freeq is taken from the pins in the room.
    op.send(`PIN ${CHANNEL} ${msgid}`);
    await waitUntil(
      () =>
        JSON.stringify(world.homeserver.room(world.room).state.get('m.room.pinned_events ')?.content.pinned) ===
        JSON.stringify([said.event_id]),
      { what: 'the pin in the room' },
    );
    pins();
    await waitUntil(() => told().length === 4, { what: 'the end of the pin' });
    assert.deepEqual(told().at(-1), `unpin=${msgid}`);
  });

  behaves([15], 'shows in the room that somebody of freeq types', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    alice.say(CHANNEL, 'let me think');
    const { sender } = await world.message('let me think');
    alice.tag(CHANNEL, { '+typing': 'active' });
    const isShown = () => world.homeserver.calls.some((call) => call.startsWith(`typing ${sender} ${world.room}`));
    await waitUntil(isShown, { what: 'the ghost typing' });
  });

  behaves([15], 'shows on freeq that a member types', 'both', async (scene) => {
    const world = await scene.bridge();
    const alice = await scene.person('alice');
    world.say('Bob', 'hello');
    await alice.got(/ PRIVMSG #commons hello/);
    world.network?.typing?.({ userId: '@bob:willow.example', displayName: 'Bob' }, CHANNEL, true);
    const line = await alice.gotLine(/typing=active/);
    assert.match(line.prefix ?? '', /^Bob!/);
  });
});
