import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { MatrixEvent } from '../../src/sandbox/people/matrix-user.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson } from '../fakes/freeq/person.ts';
import { ScriptedPeer } from '../fakes/freeq/scripted-peer.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';

type Relation = { readonly rel_type?: string; readonly event_id?: string; readonly key?: string };
const relationOf = (event: MatrixEvent): Relation => (event.content['m.relates_to'] ?? {}) as Relation;

describe('what people do with what was said, on Dendrite and freeq', { timeout: 300_000 }, () => {
  let server: FreeqServer;
  let shard: Shard;
  let frida: FreeqPerson;
  let room: string;

  before(async () => {
    server = await FreeqServer.start();
    shard = await startShard('freeq-answers', {
      ircPort: server.ports.irc,
      network: { kind: 'freeq', freeq: { keys: join(makeTempDir('freeq-answers-keys'), 'keys') } },
    });
    room = shard.room(CHANNEL);
    frida = await FreeqPerson.connect(server.ports.irc, { nick: 'frida', key: makeKeyHolder(), channels: [CHANNEL] });
  });
  after(async () => {
    frida?.vanish();
    await shard?.stop();
    await server?.stop();
  });

  const alice = () => shard.person('alice');
  const onMatrix = (matches: (event: MatrixEvent) => boolean, what: string): Promise<MatrixEvent> =>
    alice().waitFor(matches, { what });
  const saidByFrida = async (text: string): Promise<{ event: MatrixEvent; msgid: string }> => {
    frida.say(CHANNEL, text);
    const event = await onMatrix(({ content }) => content.body === text, `"${text}" in the room`);
    return { event, msgid: server.store.rows.find((row) => row.text === text)?.msgid ?? '' };
  };

  test('an edit from freeq replaces the text, by the same person', async () => {
    const { event, msgid } = await saidByFrida('the shed is opne');
    frida.edit(CHANNEL, msgid, 'the shed is open');
    const edit = await onMatrix((each) => relationOf(each).rel_type === 'm.replace', 'the edit');
    assert.deepEqual(
      [relationOf(edit).event_id, edit.sender, (edit.content['m.new_content'] as { body?: string }).body],
      [event.event_id, event.sender, 'the shed is open'],
    );
  });

  test('a reaction from freeq comes and goes, and a deletion takes the message away', async () => {
    const { event, msgid } = await saidByFrida('who comes along?');
    frida.change(CHANNEL, { kind: 'react', subject: msgid, emoji: '🙋' });
    const reaction = await onMatrix((each) => relationOf(each).key === '🙋', 'the reaction');
    assert.deepEqual([relationOf(reaction).event_id, reaction.sender], [event.event_id, event.sender]);
    frida.change(CHANNEL, { kind: 'unreact', subject: msgid, emoji: '🙋' });
    await onMatrix((each) => each.redacts === reaction.event_id, 'the end of the reaction');
    frida.change(CHANNEL, { kind: 'delete', subject: msgid });
    await onMatrix((each) => each.redacts === event.event_id, 'the deletion');
  });

  test('an edit, a reaction and a redaction on Matrix reach freeq, signed by the person', async () => {
    const eventId = await alice().send(room, 'meet at nien');
    const first = await frida.gotLine(/ PRIVMSG #commons :meet at nien/);
    await alice().send(room, '* meet at nine', {
      'm.new_content': { msgtype: 'm.text', body: 'meet at nine' },
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
    });
    const edit = await frida.gotLine(/ PRIVMSG #commons :meet at nine/);
    assert.equal(edit.tags.get('+draft/edit'), first.tags.get('msgid'));
    await alice().redact(room, eventId);
    const deletion = await frida.gotLine(/\+draft\/delete=.* TAGMSG #commons/);
    assert.equal(deletion.tags.get('+draft/delete'), first.tags.get('msgid'));
    assert.equal(
      server.store.rows.some(({ text, deleted }) => text.startsWith('meet at') && !deleted),
      false,
    );
  });

  test('two of one nick at two servers are two people, and each says who vouches', async () => {
    await saidByFrida('I am frida');
    const peer = ScriptedPeer.on(server, 'J.test');
    peer.say('frida', CHANNEL, 'I am frida, too');
    const here = await onMatrix(({ content }) => content.body === 'I am frida', 'frida of here');
    const there = await onMatrix(({ content }) => content.body === 'I am frida, too', 'frida of elsewhere');
    assert.notEqual(here.sender, there.sender);
    assert.match(JSON.stringify(there.content), /"origin":"J\.test"/);
    const names = await alice().members(room);
    assert.match(names.get(there.sender) ?? '', /via J\.test/);
    assert.doesNotMatch(names.get(here.sender) ?? '', /via /);
  });

  test('a pin is a pin in the room, and ends with it', async () => {
    const { event, msgid } = await saidByFrida('worth keeping');
    const pinned = async (): Promise<unknown> =>
      (
        await shard
          .bot()
          .state(room, 'm.room.pinned_events')
          .catch(() => ({ pinned: [] }))
      ).pinned;
    server.channel(CHANNEL)?.ops.add(server.session('frida') ?? assert.fail());
    frida.send(`PIN ${CHANNEL} ${msgid}`);
    await waitUntil(async () => JSON.stringify(await pinned()) === JSON.stringify([event.event_id]), {
      what: 'the pin',
    });
    frida.send(`UNPIN ${CHANNEL} ${msgid}`);
    await waitUntil(async () => JSON.stringify(await pinned()) === '[]', { what: 'its end' });
  });

  test('a pin in the room is one on freeq, by the member’s own power there, and ends with it', async () => {
    const { event, msgid } = await saidByFrida('read this first');
    const levels = await shard.bot().state(room, 'm.room.power_levels');
    const users = { ...(levels.users as Readonly<Record<string, number>>), [alice().userId]: 50 };
    await shard.bot().setState(room, 'm.room.power_levels', '', { ...levels, users });
    await alice().send(room, 'I keep the pins');
    await waitUntil(() => server.session('alice') !== undefined, { what: 'her connection' });
    server.channel(CHANNEL)?.ops.add(server.session('alice') ?? assert.fail());
    const pins = (): readonly string[] => (server.channel(CHANNEL)?.record.pins ?? []).map((pin) => pin.msgid);
    await alice().setState(room, 'm.room.pinned_events', '', { pinned: [event.event_id] });
    await waitUntil(() => pins().includes(msgid), { what: 'the pin on freeq' });
    await alice().setState(room, 'm.room.pinned_events', '', { pinned: [] });
    await waitUntil(() => !pins().includes(msgid), { what: 'its end' });
  });

  test('a long message is one message on freeq', async () => {
    const text = Array.from({ length: 12 }, (_, index) => `line ${index + 1} of a longer text`).join('\n');
    await alice().send(room, text);
    await waitUntil(() => server.store.rows.some((row) => row.text.includes('line 12 of')), { what: 'it on freeq' });
    assert.deepEqual(
      server.store.rows.filter((row) => row.text.includes('of a longer text')).map((row) => row.text),
      [text],
    );
  });
});
