import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcLine, IrcUser, type MatrixEvent, type MatrixUser, USUAL_CAPS, waitUntil } from '../servers/people.ts';
import { registerAccount } from './irc-account.ts';
import { acceptInvitation } from './private-room.ts';
import { type Shard, startShard, withAccounts } from './shard.ts';

const CHANNEL = '#commons';

describe('a private message', { timeout: 300_000 }, () => {
  let shard: Shard;
  let alice: MatrixUser;
  let carol: IrcUser;

  before(async () => {
    shard = await startShard('direct', { channels: [CHANNEL] });
    alice = shard.person('alice');
    carol = await shard.ircUser('carol');
    await alice.send(shard.room(CHANNEL), 'I am here');
    await carol.waitFor((line) => line.params[1] === 'I am here');
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
  });

  const said = async (room: string): Promise<string[]> =>
    (await shard.bot().history(room)).flatMap(({ type, sender, content }) =>
      type === 'm.room.message'
        ? String(content.body)
            .split('\n')
            .map((line) => `${sender.slice(0, sender.indexOf(':'))}: ${line}`)
        : [],
    );
  /** By the room's whole history, as the bot sees it: people who come into a room are not told what was said before, and may not ask often. */
  const inRoom = (room: string, body: string | RegExp) =>
    waitUntil(
      async () =>
        (await shard.bot().history(room)).find(({ content }) =>
          typeof body === 'string' ? content.body === body : body.test(String(content.body ?? '')),
        ),
      { what: `${body} in ${room}` },
    );
  const toIrc = (user: IrcUser, text: string) =>
    user.waitFor((line) => line.command === 'PRIVMSG' && line.params[1] === text, {
      what: `"${text}" to ${user.nick}`,
    });

  let room: string;

  test('from IRC makes a room with its ghost, which says first who writes, and loses nothing', async () => {
    for (const text of ['psst', 'are you there?', 'third']) carol.say('alice', text);
    const invitation = await acceptInvitation(alice);
    room = invitation.room;
    assert.deepEqual([invitation.by, invitation.isDirect], ['@_causeway_home_carol:shard.test', true]);
    // Lines that had to wait may share an event.
    await inRoom(room, /third$/);
    const [notice, ...lines] = await said(room);
    assert.match(notice ?? '', /^@_causeway_bot: carol on .* writes to you in private\. Nobody vouches for this name/);
    assert.match(notice ?? '', /`!causeway block`/);
    const ghost = '@_causeway_home_carol';
    assert.deepEqual(lines, [`${ghost}: psst`, `${ghost}: are you there?`, `${ghost}: third`]);
  });

  test('is answered in private, by the person’s own connection', async () => {
    const from = carol.lines.length;
    await alice.send(room, 'yes, here');
    const line = await toIrc(carol, 'yes, here');
    assert.deepEqual([line.nick, line.params[0]], ['alice', 'carol']);
    await alice.send(shard.room(CHANNEL), 'in the open');
    await toIrc(carol, 'in the open');
    const open = carol.lines.slice(from).filter(({ params }) => params[0] === CHANNEL && params[1] === 'yes, here');
    assert.deepEqual(open, []);
  });

  test('of the same person comes into the same room, also after a restart and after it was left', async () => {
    await shard.restartBridge();
    await alice.send(shard.room(CHANNEL), 'back again');
    await toIrc(carol, 'back again');
    carol.say('alice', 'once more');
    await inRoom(room, 'once more');
    await alice.leave(room);
    carol.say('alice', 'where are you?');
    assert.equal((await acceptInvitation(alice)).room, room);
    await inRoom(room, 'where are you?');
  });

  test('is answered, corrected, reacted to and taken back as in a channel, both ways', async () => {
    const hal = await shard.ircUser('hal', { caps: [...USUAL_CAPS, 'draft/multiline', 'draft/message-redaction'] });
    await registerAccount(hal, 'hals-own-password');
    const named = async (fits: (line: IrcLine) => boolean, from = 0) =>
      (await hal.waitFor(fits, { from, what: 'a line with its name' })).tags.msgid ?? '';
    hal.say('alice', 'who has the key?');
    const asked = await named(({ params }) => params[1] === 'who has the key?');
    const between = (await acceptInvitation(alice)).room;
    const { event_id: question } = await inRoom(between, 'who has the key?');

    const answer = await alice.send(between, 'I have', { 'm.relates_to': { 'm.in_reply_to': { event_id: question } } });
    const has = await toIrc(hal, 'I have');
    assert.deepEqual([has.nick, has.params[0], has.tags['+draft/reply']], ['alice', 'hal', asked]);
    await alice.send(between, '* I had', {
      'm.new_content': { msgtype: 'm.text', body: 'I had' },
      'm.relates_to': { rel_type: 'm.replace', event_id: answer },
    });
    assert.equal((await toIrc(hal, 's/have/had/')).params[0], 'hal');
    const reaction = await alice.sendEvent(between, 'm.reaction', {
      'm.relates_to': { rel_type: 'm.annotation', event_id: question, key: '👍' },
    });
    const given = await hal.waitFor(({ tags }) => tags['+draft/react'] === '👍', { what: '👍' });
    assert.deepEqual([given.nick, given.params[0], given.tags['+draft/reply']], ['alice', 'hal', asked]);
    await alice.redact(between, reaction);
    await hal.waitFor(({ tags }) => tags['+draft/unreact'] === '👍', { what: 'no 👍' });
    // On Ergo only whoever is logged in may delete what they said.
    await alice.redact(between, answer);
    await inRoom(between, /^Not deleted for hal: /);

    hal.sendLine(`@+draft/reply=${has.tags.msgid} PRIVMSG alice :good`);
    const good = await inRoom(between, 'good');
    assert.deepEqual(good.content['m.relates_to'], undefined, 'nothing answers what was deleted');
    const said = await alice.send(between, 'it is under the pot');
    const pot = await toIrc(hal, 'it is under the pot');
    hal.sendLine(`@+draft/reply=${pot.tags.msgid} PRIVMSG alice :which pot?`);
    assert.deepEqual((await inRoom(between, 'which pot?')).content['m.relates_to'], {
      'm.in_reply_to': { event_id: said },
    });
    const happened = (fits: (event: MatrixEvent) => boolean) =>
      waitUntil(async () => (await shard.bot().history(between)).find(fits), { what: 'a gesture' });
    hal.sendLine(`@+draft/reply=${pot.tags.msgid};+draft/react=🥕 TAGMSG alice`);
    const carrot = await happened(({ type, sender }) => type === 'm.reaction' && sender.includes('a+hal'));
    assert.deepEqual(carrot.content['m.relates_to'], { rel_type: 'm.annotation', event_id: said, key: '🥕' });
    hal.sendLine(`@+draft/reply=${pot.tags.msgid};+draft/unreact=🥕 TAGMSG alice`);
    await happened((event) => takenBackBy(event) === carrot.event_id);
    hal.sendLine('BATCH +1 draft/multiline alice');
    for (const line of ['my number is 4', 'and the code 5']) hal.sendLine(`@batch=1 PRIVMSG alice :${line}`);
    hal.sendLine('BATCH -1');
    const { event_id: secret } = await inRoom(between, 'my number is 4\nand the code 5');
    const name = await named(
      ({ command, params, tags }) => command !== 'PRIVMSG' && tags.msgid !== undefined && params[2] === 'alice',
    );
    hal.sendLine(`REDACT alice ${name}`);
    await happened((event) => takenBackBy(event) === secret);
    assert.ok(!carol.lines.some(({ command, raw }) => command === 'TAGMSG' || raw.includes('key')));
    await hal.quit();
  });

  test('to somebody who is not there is refused at once', async () => {
    await carol.quit();
    const eventId = await alice.send(room, 'too late');
    const notice = await inRoom(room, /^Not delivered to carol: carol is not there now/);
    assert.deepEqual(notice.content['m.relates_to'], { 'm.in_reply_to': { event_id: eventId } });
    carol = await shard.ircUser('carol');
  });

  test('begins with !causeway query, and says so when nobody has that nick', async () => {
    const asked = shard.room(CHANNEL);
    await alice.send(asked, '!causeway query nobody-here');
    await inRoom(asked, /Nobody on IRC is called nobody-here now/);
    const erin = await shard.ircUser('erin');
    await alice.send(asked, '!causeway query erin');
    const invitation = await acceptInvitation(alice);
    assert.equal(invitation.by, '@_causeway_home_erin:shard.test');
    await inRoom(invitation.room, /^What is written here goes to erin on .* in private/);
    await alice.send(invitation.room, 'hello Erin');
    assert.equal((await toIrc(erin, 'hello Erin')).nick, 'alice');
    await erin.quit();
  });

  test('never reaches whoever took the nick of a person with an account', async () => {
    const fay = await shard.ircUser('fay');
    await registerAccount(fay, 'fays-own-password');
    fay.say('alice', 'I have an account');
    const invitation = await acceptInvitation(alice);
    assert.equal(invitation.by, '@_causeway_home_a+fay:shard.test');
    await inRoom(invitation.room, 'I have an account');
    fay.sendLine('NICK fayaway');
    await fay.waitFor((line) => line.command === 'NICK' && line.params[0] === 'fayaway');
    await alice.send(invitation.room, 'to Fay under another name');
    assert.equal((await toIrc(fay, 'to Fay under another name')).params[0], 'fayaway');
    await fay.quit();
    const thief = await IrcUser.connect({ port: shard.ircPort, nick: 'fayaway', channels: [CHANNEL] });
    await alice.send(invitation.room, 'a secret for Fay');
    await inRoom(
      invitation.room,
      /^Not delivered to fay: (fay is not there now|Whoever is called fay now is not logged in)/,
    );
    await thief.flush();
    assert.ok(!thief.lines.some(({ raw }) => raw.includes('a secret for Fay')));
    await thief.quit();
  });

  test('of somebody who is blocked is not shown, until they are unblocked', async () => {
    await alice.send(room, '!causeway block');
    await inRoom(room, /^What carol writes to you in private is not shown any more/);
    carol.say('alice', 'unheard');
    await carol.flush();
    await alice.send(room, '!causeway unblock');
    await inRoom(room, 'carol can write to you again.');
    carol.say('alice', 'heard');
    await inRoom(room, 'heard');
    assert.ok(!(await said(room)).some((line) => line.endsWith('unheard')));
  });

  test('begins with a room that somebody makes with a ghost', async () => {
    const gus = await shard.ircUser('gus');
    gus.say(CHANNEL, 'hello all');
    await inRoom(shard.room(CHANNEL), 'hello all');
    const ghost = '@_causeway_home_gus:shard.test';
    const made = await alice.createRoom({ preset: 'trusted_private_chat', is_direct: true, invite: [ghost] });
    await inRoom(made, /^What is written here goes to gus/);
    await alice.send(made, 'a word with you');
    assert.equal((await toIrc(gus, 'a word with you')).nick, 'alice');
    gus.say('alice', 'gladly');
    await inRoom(made, 'gladly');
    await gus.quit();
  });
});

const takenBackBy = ({ type, redacts, content }: MatrixEvent): unknown =>
  type === 'm.room.redaction' ? (redacts ?? content.redacts) : undefined;

test('what somebody with an account deletes in private is deleted on IRC', { timeout: 120_000 }, async () => {
  const shard = await startShard('direct-accounts', { network: withAccounts });
  after(() => shard.stop());
  const alice = shard.person('alice');
  const ivy = await shard.ircUser('ivy', { caps: [...USUAL_CAPS, 'draft/message-redaction'] });
  const root = await alice.send(shard.room('#commons'), 'I am here');
  const { nick } = await ivy.waitFor(({ params }) => params[1] === 'I am here', { what: 'alice on IRC' });
  assert.ok(root !== '');
  ivy.say(nick, 'psst');
  const { room } = await acceptInvitation(alice);
  const eventId = await alice.send(room, 'my number is 4');
  const said = await ivy.waitFor(({ params }) => params[1] === 'my number is 4', { what: 'the number' });
  await alice.redact(room, eventId);
  const deleted = await ivy.waitFor(({ command }) => command === 'REDACT', { what: 'the deletion' });
  assert.deepEqual([deleted.nick, ...deleted.params.slice(0, 2)], [nick, 'ivy', said.tags.msgid]);
  await ivy.quit();
});
