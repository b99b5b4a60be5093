import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { IrcLine } from '../../src/sandbox/people/irc-line.ts';
import { type IrcUser, USUAL_CAPS } from '../../src/sandbox/people/irc-user.ts';
import type { MatrixEvent } from '../../src/sandbox/people/matrix-user.ts';
import { waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const CAROL = '@_causeway_home_carol:shard.test';

type Relation = {
  readonly rel_type?: string;
  readonly event_id?: string;
  readonly key?: string;
  readonly is_falling_back?: boolean;
  readonly 'm.in_reply_to'?: { readonly event_id: string };
};

const relationOf = (event: MatrixEvent): Relation => (event.content['m.relates_to'] ?? {}) as Relation;
const answering = (eventId: string) => ({ 'm.relates_to': { 'm.in_reply_to': { event_id: eventId } } });
const editing = (eventId: string, body: string) => ({
  'm.new_content': { msgtype: 'm.text', body },
  'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
});
const reactionTo = (eventId: string, key: string) => ({
  'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key },
});

describe('what people do with what was said, on Dendrite and Ergo', { timeout: 300_000 }, () => {
  let shard: Shard;
  let carol: IrcUser;
  let room: string;

  before(async () => {
    shard = await startShard('answers');
    room = shard.room(CHANNEL);
    carol = await shard.ircUser('carol', { caps: [...USUAL_CAPS, 'draft/message-redaction'] });
    const operator = await shard.ircUser('dave');
    operator.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    operator.sendLine(`SAMODE ${CHANNEL} +o carol`);
    await operator.flush();
    await operator.quit();
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
  });

  const alice = () => shard.person('alice');
  const bob = () => shard.person('bob');
  const onIrc = (text: string, from = 0): Promise<IrcLine> =>
    carol.waitFor((line) => line.command === 'PRIVMSG' && line.params[1] === text, { from, what: `"${text}" on IRC` });
  const onMatrix = (body: string, from = 0): Promise<MatrixEvent> =>
    alice().waitFor((event) => event.content.body === body, { from, what: `"${body}" in the room` });
  const tagged = (command: string, tag: string, from: number): Promise<IrcLine> =>
    carol.waitFor((line) => line.command === command && line.tags[tag] !== undefined, {
      from,
      what: `${command} with ${tag}`,
    });
  const msgidOf = (line: IrcLine): string => line.tags.msgid ?? '';
  const saidByCarol = async (text: string): Promise<{ event: MatrixEvent; msgid: string }> => {
    carol.say(CHANNEL, text);
    const [event, line] = await Promise.all([onMatrix(text), onIrc(text)]);
    return { event, msgid: msgidOf(line) };
  };
  const saidBy = async (who: 'alice' | 'bob', text: string): Promise<{ eventId: string; msgid: string }> => {
    const eventId = await shard.person(who).send(room, text);
    return { eventId, msgid: msgidOf(await onIrc(text)) };
  };

  test('an answer from the room names the message on IRC, and whom it answers', async () => {
    const { event, msgid } = await saidByCarol('who has the key to the shed?');
    await alice().send(room, '> <@carol> who has\n\nI have', answering(event.event_id));
    const line = await onIrc('carol: I have');
    assert.deepEqual([line.nick, line.tags['+draft/reply'], line.tags['+reply']], ['alice', msgid, msgid]);
  });

  test('an answer of several lines is one, with the name in front once', async () => {
    const { event, msgid } = await saidByCarol('what do we need?');
    const from = carol.lines.length;
    await alice().send(room, 'beans\npeas\nrain', answering(event.event_id));
    await onIrc('rain', from);
    const said = carol.lines.slice(from).filter(({ command, nick }) => command === 'PRIVMSG' && nick === 'alice');
    assert.deepEqual(
      said.map(({ params }) => params[1]),
      ['carol: beans', 'peas', 'rain'],
    );
    assert.equal(said[0]?.tags['+draft/reply'], msgid);
    const dan = await shard.ircUser('dan', { caps: [...USUAL_CAPS, 'draft/multiline'] });
    dan.sendLine(`@+draft/reply=${msgid} BATCH +7 draft/multiline ${CHANNEL}`);
    for (const text of ['beans we have', 'rain we do not']) dan.sendLine(`@batch=7 PRIVMSG ${CHANNEL} :${text}`);
    dan.sendLine('BATCH -7');
    const both = await onMatrix('beans we have\nrain we do not');
    assert.equal(relationOf(both)['m.in_reply_to']?.event_id, event.event_id);
    await dan.quit();
  });

  test('an answer to oneself, and one that names them already, get no name in front', async () => {
    const first = await saidBy('alice', 'the shed is open');
    await alice().send(room, 'until five', answering(first.eventId));
    assert.equal((await onIrc('until five')).tags['+draft/reply'], first.msgid);
    await bob().send(room, 'Alice, thank you', answering(first.eventId));
    assert.equal((await onIrc('Alice, thank you')).nick, 'bob');
    await bob().send(room, 'and the barn?', answering(first.eventId));
    await onIrc('alice: and the barn?');
  });

  test('an answer on IRC is one in the room, and means its author', async () => {
    const { eventId, msgid } = await saidBy('alice', 'tea is ready');
    carol.sendLine(`@+draft/reply=${msgid} PRIVMSG ${CHANNEL} :coming`);
    const { sender, content } = await onMatrix('coming');
    assert.deepEqual(
      [sender, content['m.relates_to'], content['m.mentions']],
      [CAROL, { 'm.in_reply_to': { event_id: eventId } }, { user_ids: [alice().userId] }],
    );
    carol.sendLine(`@+reply=nobodyknows PRIVMSG ${CHANNEL} :to nothing`);
    assert.equal((await onMatrix('to nothing')).content['m.relates_to'], undefined);
  });

  test('what is said in a thread is answered into that thread', async () => {
    const root = await saidBy('alice', 'plans for spring');
    const inThread = await bob().send(room, 'beans first', {
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: root.eventId,
        is_falling_back: true,
        'm.in_reply_to': { event_id: root.eventId },
      },
    });
    const line = await onIrc('alice: beans first');
    assert.equal(line.tags['+draft/reply'], root.msgid);
    carol.sendLine(`@+draft/reply=${msgidOf(line)} PRIVMSG ${CHANNEL} :and peas`);
    const peas = await onMatrix('and peas');
    assert.deepEqual(relationOf(peas), {
      rel_type: 'm.thread',
      event_id: root.eventId,
      is_falling_back: false,
      'm.in_reply_to': { event_id: inThread },
    });
    const from = alice().events.length;
    carol.sendLine(`@+draft/reply=${msgidOf(await onIrc('and peas'))} PRIVMSG ${CHANNEL} :many`);
    assert.equal(relationOf(await onMatrix('many', from)).event_id, root.eventId);
  });

  test('a word that is corrected in the room is corrected on IRC, and nothing more', async () => {
    const from = carol.lines.length;
    const { eventId, msgid } = await saidBy('alice', 'we meet on Thursday at five');
    await alice().send(room, '* we meet on Friday at five', editing(eventId, 'we meet on Friday at five'));
    const line = await onIrc('s/Thursday/Friday/');
    assert.equal(line.tags['+draft/reply'], msgid);
    await alice().send(room, '* We meet on Friday, at five!', editing(eventId, 'We meet on Friday, at five!'));
    await alice().send(
      room,
      '* x',
      editing(eventId, 'The meeting is off because of the storm, see you all next month'),
    );
    await onIrc('* The meeting is off because of the storm, see you all next month');
    const said = carol.lines.slice(from).filter(({ command }) => command === 'PRIVMSG');
    assert.deepEqual(
      said.map(({ params }) => params[1]),
      [
        'we meet on Thursday at five',
        's/Thursday/Friday/',
        '* The meeting is off because of the storm, see you all next month',
      ],
    );
  });

  test('reactions cross both ways, and go again', async () => {
    const { event, msgid } = await saidByCarol('soup for everybody');
    let from = carol.lines.length;
    const reaction = await alice().sendEvent(room, 'm.reaction', reactionTo(event.event_id, '👍'));
    const seen = await tagged('TAGMSG', '+draft/react', from);
    assert.deepEqual([seen.nick, seen.tags['+draft/react'], seen.tags['+draft/reply']], ['alice', '👍', msgid]);
    from = carol.lines.length;
    await alice().redact(room, reaction);
    const gone = await tagged('TAGMSG', '+draft/unreact', from);
    assert.deepEqual([gone.nick, gone.tags['+draft/unreact'], gone.tags['+draft/reply']], ['alice', '👍', msgid]);

    const said = await saidBy('alice', 'more soup');
    carol.sendLine(`@+draft/reply=${said.msgid};+draft/react=🥕 TAGMSG ${CHANNEL}`);
    const carrot = await alice().waitFor((one) => one.type === 'm.reaction' && one.sender === CAROL, { what: '🥕' });
    assert.deepEqual(relationOf(carrot), { rel_type: 'm.annotation', event_id: said.eventId, key: '🥕' });
    carol.sendLine(`@+draft/reply=${said.msgid};+draft/unreact=🥕 TAGMSG ${CHANNEL}`);
    const redaction = await alice().waitFor((one) => redactedBy(one) === carrot.event_id, { what: 'no 🥕' });
    assert.equal(redaction.sender, CAROL);
  });

  test('a message deleted in the room is deleted on IRC, each part of it', async () => {
    const from = carol.lines.length;
    const eventId = await alice().send(room, 'my number is 4\nand the code 5');
    // One message of several lines has one name, on its first line.
    const lines = [await onIrc('my number is 4'), await onIrc('and the code 5')];
    const ids = lines.map(msgidOf).filter((id) => id !== '');
    await alice().redact(room, eventId, 'wrong room');
    const redacts = await waitUntil(
      () => {
        const lines = carol.lines.slice(from).filter(({ command }) => command === 'REDACT');
        return lines.length >= ids.length ? lines : undefined;
      },
      { what: 'REDACT of each' },
    );
    assert.deepEqual(
      redacts.map(({ params }) => params[1]),
      ids,
    );
    await alice().send(room, '* y', editing(eventId, 'something entirely different about the weather'));
    await alice().send(room, 'is it gone?', answering(eventId));
    const next = await onIrc('is it gone?');
    assert.equal(next.tags['+draft/reply'], undefined);
    assert.ok(!carol.lines.some(({ params }) => String(params[1]).includes('weather')));
  });

  test('a message deleted on IRC is deleted in the room, whoever said it', async () => {
    const { event, msgid } = await saidByCarol('secret of mine');
    carol.sendLine(`REDACT ${CHANNEL} ${msgid} :oops`);
    await alice().waitFor((one) => redactedBy(one) === event.event_id, { what: 'the deletion of what carol said' });
    const said = await saidBy('bob', 'something rude');
    carol.sendLine(`REDACT ${CHANNEL} ${said.msgid} :be kind`);
    const redaction = await alice().waitFor((one) => redactedBy(one) === said.eventId, { what: 'the deletion' });
    assert.deepEqual(
      [redaction.sender, redaction.content.reason],
      ['@_causeway_bot:shard.test', 'Deleted on home by carol: be kind'],
    );
  });

  test('typing shows on the other side', async () => {
    const from = carol.lines.length;
    const path = `/v3/rooms/${encodeURIComponent(room)}/typing/${encodeURIComponent(alice().userId)}`;
    await alice().request('PUT', path, { typing: true, timeout: 20_000 });
    const typing = await tagged('TAGMSG', '+typing', from);
    assert.deepEqual([typing.nick, typing.tags['+typing']], ['alice', 'active']);
    await alice().request('PUT', path, { typing: false });
    await carol.waitFor((line) => line.tags['+typing'] === 'done', { from, what: 'the end of typing' });

    const typists = async (): Promise<unknown> => {
      const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 1 } } }));
      const { rooms } = (await bob().request('GET', `/v3/sync?timeout=0&filter=${filter}`)) as {
        rooms: { join: Record<string, { ephemeral: { events: { type: string; content: { user_ids: string[] } }[] } }> };
      };
      return rooms.join[room]?.ephemeral.events.find(({ type }) => type === 'm.typing')?.content.user_ids ?? [];
    };
    carol.sendLine(`@+typing=active TAGMSG ${CHANNEL}`);
    await waitUntil(async () => isDeepStrictEqual(await typists(), [CAROL]), { what: 'carol to type' });
    carol.say(CHANNEL, 'typed');
    await onMatrix('typed');
    await waitUntil(async () => isDeepStrictEqual(await typists(), []), { timeoutMs: 4_000, what: 'carol to end' });
  });
});

const redactedBy = (event: MatrixEvent): unknown =>
  event.type === 'm.room.redaction' ? (event.redacts ?? event.content.redacts) : undefined;
