import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, waitUntil } from '../servers/people.ts';
import { type Cooperative, mxid, startCooperative } from './cooperative.ts';

const channels = [
  { channel: '#commons', require: 'none' },
  { channel: '#members' },
  { channel: '#garden', group: 'garden' },
] as const;

describe('a cooperative decides', () => {
  let coop: Cooperative;
  const people = ['ada', 'bea', 'cem', 'dora'];
  const members = {
    ada: { roles: ['council'], groups: ['garden'], irc: 'home/ada' },
    bea: { groups: [{ group: 'garden', roles: ['coordinator'] }] },
    cem: {},
    dora: { status: 'applicant' },
  };

  /** Id of a request. */
  let first = '';

  before(async () => {
    coop = await startCooperative('admission', people, members, { channels });
  });
  after(() => coop?.shard.stop());

  test('members are invited into the Space, and nobody else', async () => {
    for (const who of ['ada', 'bea', 'cem']) await coop.until('willow', who, 'invite');
    assert.equal(await coop.membership('willow', 'dora'), 'none');
  });

  test('members of a group come into its Space, and through it into its room', async () => {
    for (const room of ['garden', 'members']) await coop.opened(room, 'restricted');
    for (const who of ['ada', 'bea']) {
      await coop.until('willow-garden', who, 'invite');
      await coop.enter('willow', who);
      await coop.enter('willow-garden', who);
      await coop.enter('garden', who);
      await coop.enter('members', who);
    }
    await coop.enter('willow', 'cem');
    await coop.enter('members', 'cem');
    await assert.rejects(coop.enter('garden', 'cem'));
    await assert.rejects(coop.enter('members', 'dora'));
  });

  test('roles are powers, for coordinators in their own group only', async () => {
    await waitUntil(async () => (await coop.power('garden', 'bea')) === 50, { what: 'the coordinator to have power' });
    assert.equal(await coop.power('members', 'bea'), 0);
    assert.equal(await coop.power('members', 'ada'), 75);
  });

  test('a suspended member does not speak any more, and is out of every room', async () => {
    const irc = await coop.shard.ircUser('witness', { channels: ['#commons'] });
    const cem = coop.shard.person('cem');
    const commons = await coop.enter('commons', 'cem');
    await cem.send(commons, 'while I may');
    await irc.waitFor((line) => line.params[1] === 'while I may');
    await coop.list({ ...members, cem: { status: 'suspended' } });
    await coop.until('members', 'cem', 'leave');
    await coop.until('willow', 'cem', 'leave');
    await cem.join(commons);
    await coop.until('commons', 'cem', 'leave');
    await irc.quit();
  });

  test('and is called back when active again', async () => {
    await coop.list(members);
    await coop.until('willow', 'cem', 'invite');
    await coop.until('members', 'cem', 'invite');
  });

  test('who left a room asks to be let in again, and is, once a coordinator agrees', async () => {
    const [ada, bea] = [coop.shard.person('ada'), coop.shard.person('bea')];
    await ada.startSync();
    const room = await coop.room('members');
    await bea.leave(room);
    const lobby = await coop.enter('lobby', 'bea');
    await bea.send(lobby, '!causeway request #members');
    const asked = await ada.waitFor((event) => /@bea:shard.test asks to be let in/.test(String(event.content.body)), {
      what: 'the request in the room',
    });
    first = /approve ([a-z0-9]+)`/.exec(String(asked.content.body))?.[1] ?? '';
    assert.equal(await coop.membership('members', 'bea'), 'leave');
    // Nobody without a role lets somebody in.
    await coop.enter('members', 'cem');
    const yes = { 'm.relates_to': { rel_type: 'm.annotation', event_id: asked.event_id, key: '✅' } };
    await coop.shard.person('cem').sendEvent(room, 'm.reaction', yes);
    await ada.waitFor((event) => /for coordinators of this room/.test(String(event.content.body)), {
      what: 'the refusal',
    });
    assert.equal(await coop.membership('members', 'bea'), 'leave');
    await ada.sendEvent(room, 'm.reaction', yes);
    await coop.until('members', 'bea', 'invite');
  });

  test('or once an admin does so in a shell', async () => {
    const ada = coop.shard.person('ada');
    await coop.enter('members', 'bea');
    await coop.shard.person('bea').leave(await coop.room('members'));
    await coop.shard.person('bea').send(await coop.room('lobby'), '!causeway request #members');
    const announced = await ada.waitFor(
      ({ content }) =>
        /asks to be let in\. .*approve/.test(String(content.body)) && !String(content.body).includes(first),
      { what: 'the second request in the room' },
    );
    const id = /approve ([a-z0-9]+)`/.exec(String(announced.content.body))?.[1] ?? '';
    const { ok, text } = await coop.shard.asks('approve', 'nothing');
    assert.deepEqual([ok, text], [false, 'There is no open request nothing.']);
    assert.deepEqual(await coop.shard.asks('approve', id), {
      command: 'approve',
      ok: true,
      text: `${mxid('bea')} is invited.`,
    });
    await coop.until('members', 'bea', 'invite');
    const noted = (await coop.audit()).filter(({ actor }) => String(actor).startsWith('command line'));
    assert.deepEqual(
      noted.map(({ phase, action }) => [phase, action]),
      [
        ['intent', 'invite'],
        ['outcome', 'invite'],
      ],
    );
  });

  test('who is expelled is banned everywhere, and others may know', async () => {
    await coop.list({ ...members, cem: { status: 'expelled' } });
    for (const room of ['members', 'willow', 'commons', 'lobby']) await coop.until(room, 'cem', 'ban');
    const space = await coop.room('willow');
    const rule = await waitUntil(
      () =>
        coop.shard
          .bot()
          .state(space, 'm.policy.rule.user', `rule:${mxid('cem')}`)
          .catch(() => undefined),
      { what: 'the policy rule' },
    );
    assert.deepEqual([rule.entity, rule.recommendation], [mxid('cem'), 'm.ban']);
    await coop.list(members);
    for (const room of ['willow', 'members']) await coop.until(room, 'cem', 'invite');
    await coop.until('lobby', 'cem', 'leave');
  });

  test('every removal is in the audit log with the statement that it rests on', async () => {
    const kicks = (await coop.audit()).filter(({ action, phase }) => action === 'kick' && phase === 'intent');
    assert.ok(kicks.length > 0);
    assert.ok(
      kicks.every(({ revision, subject }) => typeof revision === 'number' && String(subject).includes('cem')),
      mxid('cem'),
    );
  });
});

describe('an account on IRC', () => {
  let coop: Cooperative;
  const members = { ada: { roles: ['council'], groups: ['garden'] }, bea: { groups: ['garden'] } };

  before(async () => {
    coop = await startCooperative('linking', ['ada', 'bea'], members, { channels });
    for (const room of ['garden', 'members']) await coop.opened(room, 'restricted');
    for (const who of ['ada', 'bea']) {
      await coop.until('willow', who, 'invite');
      await coop.enter('willow', who);
      await coop.until('willow-garden', who, 'invite');
      await coop.enter('willow-garden', who);
      await coop.enter('garden', who);
    }
  });
  after(() => coop?.shard.stop());

  /** Somebody of IRC who is logged in to an account that they make now. */
  const withAccount = async (nick: string): Promise<IrcUser> => {
    const user = await coop.shard.ircUser(nick, { channels: [] });
    user.sendLine(`REGISTER * * ${nick}-password`);
    await user.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS', {
      what: `an account for ${nick}`,
    });
    return user;
  };

  test('is nobody before a proof, whatever its name, and a member after it', async () => {
    const bea = await withAccount('bea');
    bea.sendLine('JOIN #garden');
    await bea.waitFor((line) => line.command === '473', { what: 'the closed door' });
    bea.sendLine('PRIVMSG causeway :link');
    const told = await bea.waitFor((line) => /Your code is ([A-Z2-9]{8})/.test(line.params[1] ?? ''), {
      what: 'a code',
    });
    const code = /Your code is ([A-Z2-9]{8})/.exec(told.params[1] ?? '')?.[1];
    const garden = await coop.room('garden');
    await coop.shard.person('ada').startSync();
    await coop.shard.person('bea').send(garden, `!causeway link ${code}`);
    await coop.shard
      .person('ada')
      .waitFor((event) => /is @bea:shard.test from now on/.test(String(event.content.body)), {
        what: 'the answer',
      });
    await waitUntil(
      async () => {
        bea.sendLine('JOIN #garden');
        await bea.waitFor(({ command, params }) => ['366', '473'].includes(command) && params[1] === '#garden');
        return bea.lines.some((line) => line.command === '366' && line.params[1] === '#garden');
      },
      { timeoutMs: 10_000, what: 'bea to be let into #garden' },
    );
    bea.say('#garden', 'it is me');
    await coop.shard
      .person('ada')
      .waitFor((event) => event.content.body === 'it is me', { what: 'the line of a member' });
    await bea.quit();
  });

  test('speaks no more once its member is suspended, and is put out of the channel', async () => {
    const irc = await coop.shard.ircUser('bea', {
      channels: [],
      sasl: { account: 'bea', password: 'bea-password' },
    });
    irc.sendLine('JOIN #garden');
    await irc.waitFor((line) => line.command === '366' && line.params[1] === '#garden');
    await coop.list({ ...members, bea: { status: 'suspended' } });
    await irc.waitFor((line) => line.command === 'KICK' && line.params[1] === 'bea', { what: 'the kick' });
    await irc.quit();
  });
});
