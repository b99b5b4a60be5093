import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { IrcUser, type MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';

type Invitation = { readonly room: string; readonly by: string; readonly isDirect: boolean };

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

  /** The invitations that wait for somebody. */
  async function invitations(person: MatrixUser): Promise<Invitation[]> {
    const answer = await person.request('GET', '/v3/sync?timeout=0');
    const rooms =
      (answer.rooms as { invite?: Record<string, { invite_state: { events: InviteEvent[] } }> }).invite ?? {};
    return Object.entries(rooms).flatMap(([room, { invite_state: state }]) =>
      state.events
        .filter(({ type, state_key }) => type === 'm.room.member' && state_key === person.userId)
        .map(({ sender, content }) => ({ room, by: sender, isDirect: content.is_direct === true })),
    );
  }
  type InviteEvent = { type: string; state_key: string; sender: string; content: Record<string, unknown> };

  const accept = async (person: MatrixUser): Promise<Invitation> => {
    const [invitation] = await waitUntil(
      async () => {
        const all = await invitations(person);
        return all.length > 0 ? all : undefined;
      },
      { timeoutMs: 20_000, what: `an invitation of ${person.userId}` },
    );
    assert.ok(invitation !== undefined);
    await person.join(invitation.room);
    return invitation;
  };
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
    const invitation = await accept(alice);
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
    assert.equal((await accept(alice)).room, room);
    await inRoom(room, 'where are you?');
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
    const invitation = await accept(alice);
    assert.equal(invitation.by, '@_causeway_home_erin:shard.test');
    await inRoom(invitation.room, /^What is written here goes to erin on .* in private/);
    await alice.send(invitation.room, 'hello Erin');
    assert.equal((await toIrc(erin, 'hello Erin')).nick, 'alice');
    await erin.quit();
  });

  test('never reaches whoever took the nick of a person with an account', async () => {
    const fay = await shard.ircUser('fay');
    fay.sendLine('NS REGISTER fay-password');
    await fay.waitFor((line) => line.command === '900' || /account created/i.test(line.raw), { what: 'an account' });
    fay.say('alice', 'I have an account');
    const invitation = await accept(alice);
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
