import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { type IrcUser, type MatrixEvent, type MatrixUser, USUAL_CAPS, waitUntil } from '../servers/people.ts';
import { registerAccount } from './irc-account.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';

/**
 * What a client shows that knows nothing but text: the body of each message, of one that was deleted nothing, no relation, no HTML. Where a
 * message answers one, it leaves out the quotation in front, as the specification of before 1.13 asked of clients.
 */
function shown(events: readonly MatrixEvent[]): string[] {
  const gone = new Set(
    events.flatMap(({ type, redacts, content }) => (type === 'm.room.redaction' ? [redacts ?? content.redacts] : [])),
  );
  return events
    .filter(({ type, event_id: id }) => type === 'm.room.message' && !gone.has(id))
    .map(({ sender, content }) => {
      const body = String(content.body);
      const isAnswer = 'm.in_reply_to' in ((content['m.relates_to'] as object | undefined) ?? {});
      const text = isAnswer ? body.replace(/^(?:> .*\n)+\n/, '') : body;
      return `${nameOf(sender)}: ${content.msgtype === 'm.emote' ? '/me ' : ''}${text}`;
    });
}

const nameOf = (sender: string): string => sender.slice(1, sender.indexOf(':')).replace('_causeway_home_', '');

/** Nothing of how one side writes things may be read on the other. */
const FOREIGN = [
  [/[\x00-\x08\x0b-\x1f\x7f]/, 'a control code'],
  [/<\/?(?:b|strong|em|i|u|del|code|span|font|br|p|a|ul|ol|li|blockquote|mx-reply)\b[^>]*>/i, 'HTML'],
  [/&(?:lt|gt|amp|quot|#\d+);/, 'an entity of HTML'],
  [/> <@|matrix\.to|<@/, 'a quotation or an id'],
  [/^[^:]*: (?:\/me )?\* *$/, 'a lonely asterisk'],
  [/^[^:]*: (?:\/me )?\s*$/, 'an empty line'],
] as const;

const assertReadable = (lines: readonly string[], spared: readonly string[] = []): void =>
  assert.deepEqual(
    lines.flatMap((line) =>
      FOREIGN.filter(([sign, what]) => !spared.includes(what) && sign.test(line)).map(([, what]) => `${what}: ${line}`),
    ),
    [],
  );

describe('whoever has the plainest client there is', { timeout: 300_000 }, () => {
  let shard: Shard;
  let alice: MatrixUser;
  /** Shows bodies, and types them. */
  let bob: MatrixUser;
  /** Knows tags and messages of several lines. */
  let carol: IrcUser;
  /** Asks for no capability at all. */
  let rob: IrcUser;
  let room: string;
  let publicUrl: string;

  before(async () => {
    const [port, httpPort] = [await freePort(), await freePort()];
    publicUrl = `http://127.0.0.1:${port}`;
    const http = { listen: `127.0.0.1:${httpPort}`, publicUrl, publicListen: `127.0.0.1:${port}` };
    shard = await startShard('plain', { httpPort, config: { http } });
    [alice, bob, room] = [shard.person('alice'), shard.person('bob'), shard.room(CHANNEL)];
    await bob.startSync();
    rob = await shard.ircUser('rob', { caps: [] });
    carol = await shard.ircUser('carol', { caps: [...USUAL_CAPS, 'draft/multiline', 'draft/message-redaction'] });
  });
  after(async () => {
    await Promise.all([carol?.quit(), rob?.quit()]);
    await shard?.stop();
  });

  const answering = (eventId: string) => ({ 'm.relates_to': { 'm.in_reply_to': { event_id: eventId } } });
  const html = (formatted: string) => ({ format: 'org.matrix.custom.html', formatted_body: formatted });
  const timeline = (): MatrixEvent[] => bob.events.filter(({ room_id: id }) => id === room);
  const onMatrix = (body: string) =>
    bob.waitFor(({ content }) => content.body === body, { what: `"${body}" in the room` });
  const onIrc = (text: string) => rob.waitFor(({ params }) => params[1] === text, { what: `"${text}" on IRC` });
  /** Lines that others said in the channel, as the socket had them. */
  const heard = (from: number): string[] =>
    rob.lines
      .slice(from)
      .filter(({ command, params }) => ['PRIVMSG', 'NOTICE'].includes(command) && params[0] === CHANNEL)
      .map(({ nick, command, params: [, text = ''] }) => {
        const said = text.replace(/^\x01ACTION (.*)\x01$/, '/me $1');
        return `${nick}: ${command === 'NOTICE' ? '[notice] ' : ''}${said}`;
      });

  test('reads on IRC all that is done in a room of today, as lines that make sense by themselves', async () => {
    carol.say(CHANNEL, 'who has the key to the shed?');
    const asked = await onMatrix('who has the key to the shed?');
    const from = rob.lines.length;
    const say = (body: string, more: object = {}) => alice.send(room, body, more as Record<string, unknown>);
    const does = (type: string, content: object) => alice.sendEvent(room, type, content as Record<string, unknown>);

    await say('a **b** <3 & _c_', html('<p>a <strong>b</strong> &lt;3 &amp; <em>c</em></p>'));
    await say('carol (IRC): hello', html(`<a href="https://matrix.to/#/${asked.sender}">carol (IRC)</a>: hello`));
    await say(`> <${asked.sender}> who has the key to the shed?\n\nI have`, {
      ...answering(asked.event_id),
      ...html(`<mx-reply><blockquote>who has the key</blockquote></mx-reply>I have`),
    });
    const root = await say('plans for spring');
    const inThread = {
      rel_type: 'm.thread',
      event_id: root,
      is_falling_back: true,
      'm.in_reply_to': { event_id: root },
    };
    await bob.send(room, 'beans first', { 'm.relates_to': inThread });
    const meeting = await say('we meet on Thursday at five');
    const change = (body: string) => ({
      'm.new_content': { msgtype: 'm.text', body },
      'm.relates_to': { rel_type: 'm.replace', event_id: meeting },
    });
    await say('* we meet on Friday at five', change('we meet on Friday at five'));
    await say('* we meet on Friday, at five', change('we meet on Friday, at five'));
    await say('* The meeting', change('The meeting is off because of the storm, see you all next month'));
    await does('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: asked.event_id, key: '👍' } });
    const secret = await say('said in haste');
    await onIrc('said in haste');
    await alice.redact(room, secret);
    await say('one\n\ntwo\nthree', { msgtype: 'm.notice' });
    const verses = Array.from({ length: 300 }, (_, index) => `verse ${index + 1}`);
    await say(verses.join('\n'));
    const url = await alice.upload(new Uint8Array(Buffer.alloc(2_000, 7)), 'image/png');
    await does('m.room.message', {
      ...{ msgtype: 'm.image', body: 'Look at her', filename: 'cat.png', url },
      info: { mimetype: 'image/png', size: 2_000 },
    });
    await does('m.poll.start', {
      'm.text': [{ body: 'Soup?' }],
      'm.poll': {
        question: { 'm.text': [{ body: 'Soup?' }] },
        answers: [{ 'm.text': [{ body: 'yes' }] }, { 'm.text': [{ body: 'no' }] }],
      },
    });
    await does('m.sticker', { body: 'a waving cat', info: {}, url });
    await does('m.room.message', { msgtype: 'm.location', body: 'the shed', geo_uri: 'geo:51.5,-0.12;u=10' });
    await does('m.room.message', { msgtype: 'm.text', body: '   ' });
    await alice.act(room, 'closes the book');
    await Promise.all([onIrc('\x01ACTION closes the book\x01'), onMatrix('closes the book')]);

    const page = /http:\/\/[\d.:]+\/\S+/g;
    const lines = heard(from).map((line) =>
      line.replaceAll(page, (link) => (link.startsWith(publicUrl) ? 'LINK' : link)),
    );
    assert.deepEqual(lines, [
      'alice: a \x02b\x02 <3 & \x1dc\x1d',
      'alice: carol: hello',
      'alice: carol: I have',
      'alice: plans for spring',
      'bob: alice: beans first',
      'alice: we meet on Thursday at five',
      'alice: s/Thursday/Friday/',
      'alice: * The meeting is off because of the storm, see you all next month',
      'alice: said in haste',
      'alice: [notice] one',
      'alice: [notice] two',
      'alice: [notice] three',
      'alice: verse 1 … (299 more lines) LINK',
      'alice: Look at her',
      'alice: /me sent a picture: cat.png (2 kB) LINK',
      'alice: /me asks in a poll: Soup? (1) yes (2) no [votes are cast on Matrix]',
      'alice: /me sent a sticker: a waving cat',
      'alice: /me shared a place: the shed https://www.openstreetmap.org/?mlat=51.5&mlon=-0.12#map=17/51.5/-0.12',
      'alice: /me closes the book',
    ]);
    // Bold and italic are what IRC has for them, and every client of the last thirty years leaves them out or shows them.
    assertReadable(lines.map((line) => line.replaceAll(/[\x02\x1d]/g, '')));
    const raw = rob.lines.slice(from).map((line) => line.raw);
    assert.deepEqual(
      raw.filter((line) => /^@|TAGMSG|BATCH|REDACT/.test(line)),
      [],
    );
    const [link = ''] =
      heard(from)
        .find((line) => line.includes('verse'))
        ?.match(page) ?? [];
    assert.equal(await (await fetch(link)).text().then((text) => verses.every((verse) => text.includes(verse))), true);
  });

  test('reads in the room all that is done on an IRC of today, and of thirty years ago', async () => {
    const from = timeline().length;
    await alice.send(room, 'tea is ready');
    const line = await carol.waitFor(({ params }) => params[1] === 'tea is ready', { what: 'the tea' });
    const msgid = line.tags.msgid ?? '';
    rob.say(
      CHANNEL,
      '\x02bold\x02 \x1dit\x0f \x0304,01red\x03 \x1fline\x1f \x11mono\x11 \x1estruck\x1e \x16turned\x16 <b>&amp; plain',
    );
    rob.say(CHANNEL, '\x0301,01secret');
    rob.say(CHANNEL, '\x02\x03\x0f');
    rob.say(CHANNEL, 'alice: is there sugar?');
    rob.act(CHANNEL, 'waves');
    rob.notice(CHANNEL, 'back in five');
    await onMatrix('back in five');
    carol.sendLine(`@+draft/reply=${msgid};+reply=${msgid} PRIVMSG ${CHANNEL} :coming`);
    carol.sendLine(`BATCH +7 draft/multiline ${CHANNEL}`);
    for (const text of ['one \x02bold', 'two <i>']) carol.sendLine(`@batch=7 PRIVMSG ${CHANNEL} :${text}`);
    carol.sendLine('BATCH -7');
    carol.sendLine(`@+draft/reply=${msgid};+draft/react=🥕 TAGMSG ${CHANNEL}`);
    carol.sendLine(`@+typing=active TAGMSG ${CHANNEL}`);
    await registerAccount(carol, 'carols-own-password');
    carol.say(CHANNEL, 'said in haste, too');
    const haste = await onMatrix('said in haste, too');
    const said = await carol.waitFor(({ params }) => params[1] === 'said in haste, too');
    carol.sendLine(`REDACT ${CHANNEL} ${said.tags.msgid} :oops`);
    await bob.waitFor(
      ({ type, redacts, content }) => type === 'm.room.redaction' && (redacts ?? content.redacts) === haste.event_id,
    );
    rob.say(CHANNEL, 'good night');
    await onMatrix('good night');

    const bodies = shown(timeline().slice(from));
    assert.deepEqual(bodies, [
      'alice: tea is ready',
      'rob: bold it red line mono struck turned <b>&amp; plain',
      'rob: secret',
      'rob: alice: is there sugar?',
      'rob: /me waves',
      'rob: back in five',
      'carol: coming',
      'carol: one bold\ntwo <i>',
      'rob: good night',
    ]);
    // What somebody typed as HTML was never any, and stands as they typed it.
    assertReadable(bodies.map((body) => body.replace('<b>&amp; plain', '').replace(' <i>', '')));
    assert.equal(timeline().filter(({ type, sender }) => type === 'm.reaction' && sender !== alice.userId).length, 1);
  });

  test('is read by the others as well: an answer that quotes, as such clients write it, and a quotation that is none', async () => {
    rob.say(CHANNEL, 'what do we need?');
    const asked = await onMatrix('what do we need?');
    const from = rob.lines.length;
    await bob.send(room, `> <${asked.sender}> what do we need?\n\nbeans`, answering(asked.event_id));
    await bob.send(room, '> and rain\nas they say');
    await onIrc('as they say');
    assert.deepEqual(heard(from), ['bob: rob: beans', 'bob: > and rain', 'bob: as they say']);
  });

  test('is told in words what the bridge has to say', async () => {
    const operator = await shard.ircUser('operator');
    operator.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    operator.sendLine(`SAMODE ${CHANNEL} +m`);
    await operator.flush();
    await bob.send(room, 'can anybody hear me?');
    await bob.send(room, '!causeway whois carol');
    const notices = () =>
      timeline().filter(({ sender, content }) => sender.startsWith('@_causeway_bot') && content.msgtype === 'm.notice');
    const told = await waitUntil(() => (notices().length >= 2 ? notices() : undefined), { what: 'both notices' });
    assertReadable(shown(told));
    assert.match(
      String(told.find(({ content }) => /Not delivered/.test(String(content.body)))?.content.body),
      /^Not delivered to #commons: /,
    );
    await operator.quit();
  });
});
