import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { IrcUser, waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { loggedIn, registerAccount, startWatched, type Watched, withAccount } from './watched.ts';

const COMMONS = '#commons';
const MEMBERS = '#members';
const TAGGED = '#tagged';
/** What says of each line where it comes from. */
const LABEL = 'coop.causeway.bridged';
const channels = [
  { channel: COMMONS, require: 'none' },
  // Strangers stand in these channels, and what they say is what is tested.
  { channel: MEMBERS, guard: false },
  { channel: TAGGED, guard: false, unadmitted: 'tag' },
];

describe('who somebody is', () => {
  let coop: Watched;
  const members = {
    ada: { roles: ['council'] },
    bea: {},
    cem: { irc: 'home/cem' },
  };

  before(async () => {
    coop = await startWatched('inv-identity', Object.keys(members), members, { channels });
    await coop.opened('members', 'restricted');
    for (const who of Object.keys(members)) {
      await coop.until('willow', who, 'invite');
      for (const room of ['willow', 'members', 'commons', 'tagged']) await coop.enter(room, who);
    }
  });
  after(async () => {
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  type Said = { readonly sender: string; readonly body: string; readonly label: Record<string, unknown> };

  async function said(channel: string): Promise<Said[]> {
    const events = await coop.shard.bot().history(await coop.room(channel.slice(1)));
    return events
      .filter(({ type }) => type === 'm.room.message')
      .map(({ sender, content }) => ({
        sender,
        body: String(content.body),
        label: (content[LABEL] ?? {}) as Record<string, unknown>,
      }));
  }
  const inRoom = (channel: string, body: string): Promise<Said> =>
    waitUntil(async () => (await said(channel)).find((one) => one.body.includes(body)), {
      timeoutMs: 15_000,
      what: `"${body}" in ${channel}`,
    });

  /** Somebody from the admitted side speaks: whatever was said before has passed by then, or never will. */
  async function hearsAfter(channel: string, text: string, speaker: IrcUser): Promise<Said[]> {
    speaker.say(channel, text);
    await inRoom(channel, text);
    return said(channel);
  }

  /** Asks the bot on IRC. @returns its answer */
  async function asks(user: IrcUser, text: string): Promise<string> {
    const from = user.lines.length;
    user.say('causeway', text);
    const answer = await user.waitFor(
      ({ nick, command, params }) =>
        nick === 'causeway' &&
        /^(PRIVMSG|NOTICE)$/.test(command) &&
        params[0]?.toLowerCase() === user.nick.toLowerCase(),
      { from, what: `an answer to ${text}` },
    );
    return answer.params[1] ?? '';
  }

  test('invariant 21: a nick or an account that is called like a member is nobody', async () => {
    const { ircPort } = coop.shard;
    const cem = await withAccount(ircPort, 'cem', [COMMONS, MEMBERS, TAGGED], 'someone');
    const nick = await IrcUser.connect({ port: ircPort, nick: 'ada', channels: [COMMONS, MEMBERS, TAGGED] });
    const account = await withAccount(ircPort, 'bea', [MEMBERS]);
    assert.match(await asks(nick, 'whoami'), /does not know you/);
    assert.match(await asks(account, 'whoami'), /does not know you/);
    assert.match(await asks(cem, 'whoami'), /You are cem/);
    for (const user of [nick, account]) user.say(MEMBERS, `smuggled by ${user.nick}`);
    nick.say(TAGGED, 'from outside');
    const all = await hearsAfter(MEMBERS, 'the member speaks', cem);
    assert.ok(!JSON.stringify(all).includes('smuggled'));
    const outside = await inRoom(TAGGED, 'from outside');
    assert.match(outside.body, /not admitted/);
    cem.say(TAGGED, 'from inside');
    assert.doesNotMatch((await inRoom(TAGGED, 'from inside')).body, /not admitted/);
    await Promise.all([nick.quit(), account.quit(), cem.quit()]);
  });

  test('invariant 17: an operator of the channel has no power in the room, whoever made them one', async () => {
    const { ircPort, ergo } = coop.shard;
    const op = await IrcUser.connect({ port: ircPort, nick: 'opped', channels: [COMMONS] });
    const oper = await IrcUser.connect({ port: ircPort, nick: 'theoper' });
    oper.sendLine(`OPER ${ergo?.oper.name} ${ergo?.oper.password}`);
    await oper.waitFor(({ command }) => command === '381', { what: 'the power of an operator' });
    oper.sendLine(`SAMODE ${COMMONS} +o opped`);
    await op.waitFor(({ command, params }) => command === 'MODE' && params[2] === 'opped', { what: 'the mode' });
    op.say(COMMONS, 'I am an operator');
    const { sender } = await inRoom(COMMONS, 'I am an operator');
    const { users } = await coop.shard.bot().state(await coop.room('commons'), 'm.room.power_levels');
    assert.equal((users as Record<string, number>)[sender] ?? 0, 0);
    await op.quit();
    await oper.quit();
  });

  test('invariant 22: what a client says of its own origin counts for nothing', async () => {
    const { ircPort } = coop.shard;
    const irc = await IrcUser.connect({ port: ircPort, nick: 'spoofer', channels: [COMMONS, MEMBERS] });
    const bea = coop.shard.person('bea');
    await bea.send(await coop.room('commons'), 'a line with an id');
    const line = await irc.waitFor(({ params }) => params[1] === 'a line with an id', { what: 'the line' });
    const id = line.tags['+causeway.coop/id'] ?? '';
    irc.sendLine(`@account=cem;+account=cem;+causeway.coop/id=${id} PRIVMSG ${COMMONS} :I say that I am cem`);
    irc.sendLine(`@account=cem;+causeway.coop/id=${id} PRIVMSG ${MEMBERS} :let me in as cem`);
    const spoof = await inRoom(COMMONS, 'I say that I am cem');
    assert.deepEqual(
      { sender: spoof.sender, network: spoof.label.network, nick: spoof.label.nick, account: spoof.label.account },
      { sender: '@_causeway_home_spoofer:shard.test', network: 'home', nick: 'spoofer', account: null },
    );
    // Whoever writes our label into their own event is heard as what they are.
    const { label } = spoof;
    await bea.send(await coop.room('commons'), 'labelled by a human', { [LABEL]: label });
    const heard = await irc.waitFor(({ params }) => params[1] === 'labelled by a human', {
      what: 'the line of a human',
    });
    assert.match(heard.nick, /^bea/);
    const cem = await loggedIn(ircPort, 'cem', [MEMBERS], 'someone');
    assert.ok(!JSON.stringify(await hearsAfter(MEMBERS, 'after the spoof', cem)).includes('let me in'));
    await Promise.all([irc.quit(), cem.quit()]);
  });

  test('invariant 22: a human who has an id of our namespace is not taken for a person of IRC', async () => {
    const { dendrite } = coop.shard;
    // A client is refused the name; only the server's own secret makes one.
    const answer = await fetch(`${dendrite.url}/_matrix/client/v3/register`, {
      method: 'POST',
      body: JSON.stringify({ username: '_causeway_home_bea', password: 'x', auth: { type: 'm.login.dummy' } }),
    });
    assert.ok(answer.status >= 400, String(answer.status));
  });

  test('invariant 23: names that look alike are different people', async () => {
    const { ircPort } = coop.shard;
    const nicks = ['[zoe]', '{zoe}', 'zoe_', 'zoe-', 'zoe', 'z0e'];
    for (const nick of nicks) {
      const user = await IrcUser.connect({ port: ircPort, nick, channels: [COMMONS] });
      user.say(COMMONS, `I am ${nick}`);
      await inRoom(COMMONS, `I am ${nick}`);
      await user.quit();
    }
    const again = await IrcUser.connect({ port: ircPort, nick: 'ZOE', channels: [COMMONS] });
    again.say(COMMONS, 'I am back');
    const back = await inRoom(COMMONS, 'I am back');
    const senders = (await said(COMMONS)).filter(({ body }) => nicks.some((nick) => body === `I am ${nick}`));
    assert.equal(new Set(senders.map(({ sender }) => sender)).size, nicks.length);
    assert.equal(back.sender, senders.find(({ body }) => body === 'I am zoe')?.sender);
    // Somebody with the account zoe is not the nick zoe.
    await again.quit();
    const owner = await withAccount(ircPort, 'zoe', [COMMONS]);
    owner.say(COMMONS, 'I have the account');
    assert.notEqual((await inRoom(COMMONS, 'I have the account')).sender, back.sender);
    await owner.quit();
  });

  test('invariant 23: a proven nick is nobody’s again when it is given up', async () => {
    const { ircPort } = coop.shard;
    const nina = await IrcUser.connect({ port: ircPort, nick: 'nina', channels: [COMMONS, MEMBERS] });
    await links('bea', nina);
    assert.match(await asks(nina, 'whoami'), /You are bea/);
    nina.say(MEMBERS, 'proven and heard');
    await inRoom(MEMBERS, 'proven and heard');
    nina.sendLine('NICK ninette');
    await nina.waitFor(({ command }) => command === 'NICK', { what: 'the new nick' });
    const taker = await IrcUser.connect({ port: ircPort, nick: 'nina', channels: [COMMONS, MEMBERS] });
    assert.match(await asks(taker, 'whoami'), /does not know you/);
    taker.say(MEMBERS, 'taken over');
    const cem = await loggedIn(ircPort, 'cem', [MEMBERS], 'someone');
    assert.ok(!JSON.stringify(await hearsAfter(MEMBERS, 'after the takeover', cem)).includes('taken over'));
    await Promise.all([nina.quit(), taker.quit(), cem.quit()]);
  });

  /** Asks for a code on IRC and says it on Matrix, where others read along. */
  async function links(who: string, user: IrcUser): Promise<void> {
    assert.match(await coop.command(who, 'commons', '!causeway link'), /^Others read along here, so no code is told\./);
    const answer = await asks(user, 'link');
    const code = /Your code is (\S+?)\./.exec(answer)?.[1] ?? '';
    assert.notEqual(code, '', answer);
    assert.match(await coop.command(who, 'commons', `!causeway link ${code}`), / is @/);
  }

  test('invariant 24: an account that is proven to be another’s takes its rights along, and leaves none behind', async () => {
    const { ircPort } = coop.shard;
    await registerAccount(ircPort, 'shared');
    const irc = await loggedIn(ircPort, 'shared', [MEMBERS], 'sharer');
    await links('bea', irc);
    assert.match(await asks(irc, 'whoami'), /You are bea/);
    await links('ada', irc);
    assert.match(await asks(irc, 'whoami'), /You are ada/);
    // The right that the account has now is the right of its new owner alone.
    await coop.list({ ...members, bea: { status: 'suspended' } });
    await coop.until('members', 'bea', 'leave');
    irc.say(MEMBERS, 'still somebody’s');
    await inRoom(MEMBERS, 'still somebody’s');
    await coop.list({ ...members, ada: { status: 'suspended' } });
    await coop.until('members', 'ada', 'leave');
    irc.say(MEMBERS, 'nobody’s any more');
    const cem = await loggedIn(ircPort, 'cem', [MEMBERS], 'someone');
    assert.ok(!JSON.stringify(await hearsAfter(MEMBERS, 'after the suspension', cem)).includes('nobody’s any more'));
    const noted = (await coop.audit()).filter(
      ({ action, why }) => /^(un)?link$/.test(String(action)) && String(why).includes('shared'),
    );
    assert.deepEqual(
      noted.map(({ action, subject }) => `${action} ${String(subject).split(' ').at(-1)}`),
      ['link bea', 'unlink bea', 'link ada'],
    );
    await coop.list(members);
    await Promise.all([irc.quit(), cem.quit()]);
  });

  /** What `causeway explain` says of somebody. */
  const explained = async (person: string): Promise<string> => (await coop.shard.asks('explain', person, MEMBERS)).text;

  test('invariant 24: an account that the authority gives to another moves at once', async () => {
    const { ircPort } = coop.shard;
    const irc = await loggedIn(ircPort, 'cem', [MEMBERS], 'someone');
    await coop.list({ ...members, cem: {}, ada: { ...members.ada, irc: 'home/cem' } });
    await waitUntil(async () => (await explained('home/cem')).includes('is ada of'), {
      what: 'the account to be ada’s',
    });
    assert.match(await asks(irc, 'whoami'), /You are ada/);
    await coop.list(members);
    await waitUntil(async () => (await explained('home/cem')).includes('is cem of'), {
      what: 'the account to be cem’s',
    });
    assert.match(await asks(irc, 'whoami'), /You are cem/);
    await irc.quit();
  });

  test('invariant 25: where a line comes from stands in it, live and back-filled', async () => {
    const { ircPort } = coop.shard;
    const irc = await loggedIn(ircPort, 'cem', [COMMONS], 'someone');
    irc.say(COMMONS, 'labelled live');
    await coop.shard.bridge.kill9();
    const live = (await said(COMMONS)).find(({ body }) => body === 'labelled live');
    irc.say(COMMONS, 'labelled late');
    await irc.flush();
    await coop.shard.restartBridge();
    const late = await inRoom(COMMONS, 'labelled late');
    const label = ({ network, nick, account }: Record<string, unknown>): unknown => ({ network, nick, account });
    const expected = { network: 'home', nick: 'someone', account: 'cem' };
    assert.deepEqual(label(late.label), expected);
    assert.deepEqual(label((live ?? (await inRoom(COMMONS, 'labelled live'))).label), expected);
    await irc.quit();
  });

  test('invariant 35: a flood from the other side does not hold up a removal', async (t) => {
    const { ircPort } = coop.shard;
    const crowd = await Promise.all(
      Array.from({ length: 8 }, (_, i) => IrcUser.connect({ port: ircPort, nick: `flood${i}`, channels: [COMMONS] })),
    );
    for (const user of crowd) for (let line = 0; line < 60; line++) user.say(COMMONS, `flood ${line}`);
    const startedMs = performance.now();
    await coop.list({ ...members, bea: { status: 'suspended' } });
    for (const room of ['willow', 'members', 'commons']) await coop.until(room, 'bea', 'leave');
    t.diagnostic(`out of three rooms ${Math.round(performance.now() - startedMs)} ms after the list was saved`);
    const { portals } = (await coop.shard.status()) as { portals: { queuedToMatrix: number }[] };
    assert.ok(
      portals.reduce((sum, { queuedToMatrix }) => sum + queuedToMatrix, 0) > 0,
      'the flood is still on its way when the removal is done',
    );
    assert.equal(await coop.membership('commons', 'bea'), 'leave', mxid('bea'));
    await Promise.all(crowd.map((user) => user.quit()));
  });
});
