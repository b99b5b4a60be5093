import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, MatrixRefusal, waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { invitations } from '../private-room.ts';
import { loggedIn, startWatched, type Watched, withAccount } from './watched.ts';

const COMMONS = '#commons';
const channels = [
  { channel: COMMONS, require: 'none' },
  { channel: '#members' },
  { channel: '#house', group: 'house' },
  { channel: '#vault', group: 'house', join: 'invite' },
  { channel: '#attic', group: 'attic' },
  { channel: '#garden', group: 'garden' },
];
const groups = [
  { id: 'house', name: 'House' },
  { id: 'attic', name: 'Attic', parent: 'house' },
  { id: 'garden', name: 'Garden' },
];

describe('a revocation', () => {
  let coop: Watched;
  let witness: IrcUser;
  const members = {
    ada: { roles: ['council'] },
    cem: { irc: 'home/cem' },
    hal: { groups: ['house', 'attic', 'garden'] },
    eli: {},
    fay: {},
    gus: {},
    ivy: {},
  };
  const people = Object.keys(members);

  before(async () => {
    coop = await startWatched('inv-revocation', people, members, { channels, cooperative: { groups } });
    witness = await coop.shard.ircUser('witness', { channels: [COMMONS] });
    for (const who of people) await coop.until('willow', who, 'invite');
    await coop.opened('members', 'restricted');
    await Promise.all(
      people.map(async (who) => {
        for (const room of who === 'hal' ? ['willow'] : ['willow', 'members', 'commons']) await coop.enter(room, who);
      }),
    );
  });
  after(async () => {
    await witness?.quit();
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  /** Called back, and there again. */
  async function comeBack(who: string, aliases: readonly string[]): Promise<void> {
    for (const alias of aliases) {
      await waitUntil(async () => ['invite', 'join'].includes(await coop.membership(alias, who)), {
        timeoutMs: 15_000,
        what: `${who} to be called back to #${alias}`,
      });
      await coop.enter(alias, who);
    }
  }

  const onIrc = (text: string) =>
    witness.waitFor((line) => line.params[1]?.includes(text) === true, { timeoutMs: 20_000, what: `"${text}" on IRC` });
  const wasOnIrc = (text: string): boolean => witness.lines.some(({ raw }) => raw.includes(text));
  const said = async (): Promise<string> =>
    JSON.stringify((await coop.shard.bot().history(await coop.room('commons'))).map(({ content }) => content));
  const inRoom = (text: string) =>
    waitUntil(async () => (await said()).includes(text), { timeoutMs: 20_000, what: `"${text}" in the room` });

  test('invariant 12: what waits for the network is not said any more, whoever said it before', async () => {
    const commons = await coop.room('commons');
    const cem = coop.shard.person('cem');
    await cem.send(commons, 'before everything');
    await onIrc('before everything');
    const { ergo } = coop.shard;
    await ergo?.stop();
    for (const line of ['queued one', 'queued two']) await cem.send(commons, line);
    await coop.shard.person('ada').send(commons, 'queued by ada');
    await waitUntil(async () => (await queued()) >= 3, { what: 'the lines to wait' });
    await coop.list({ ...members, cem: { status: 'suspended' } });
    await coop.until('members', 'cem', 'leave');
    await ergo?.start();
    witness = await waitUntil(() => coop.shard.ircUser('witness', { channels: [COMMONS] }).catch(() => undefined), {
      what: 'the witness to be back',
    });
    await coop.shard.person('ada').send(commons, 'after the outage');
    await onIrc('after the outage');
    // Whoever came too late to hear it live asks the server for what was said.
    witness.sendLine(`CHATHISTORY LATEST ${COMMONS} * 50`);
    await witness.flush();
    assert.ok(!wasOnIrc('queued one') && !wasOnIrc('queued two'));
    await coop.list(members);
    await comeBack('cem', ['willow', 'members', 'commons']);
  });

  const queued = async (): Promise<number> => {
    const { portals } = (await coop.shard.status()) as { portals: { channel: string; queuedToNetwork: number }[] };
    return portals.find(({ channel }) => channel === COMMONS)?.queuedToNetwork ?? 0;
  };

  test('invariant 12: what waits for the room is not said any more, nor tried again', async () => {
    const irc = await withAccount(coop.shard.ircPort, 'cem', [COMMONS], 'cem-on-irc');
    irc.say(COMMONS, 'heard from IRC');
    await inRoom('heard from IRC');
    const undo = coop.proxy.rule({
      fits: (request) => request.includes('/send/m.room.message'),
      fault: { kind: 'answer', status: 503, body: '{}' },
    });
    const since = coop.mark();
    irc.say(COMMONS, 'retried one');
    irc.act(COMMONS, 'retried two');
    await waitUntil(() => coop.proxy.seen.slice(since).some((request) => request.includes('/send/m.room.message')), {
      what: 'the line to be tried',
    });
    await coop.list({ ...members, cem: { status: 'suspended', irc: 'home/cem' } });
    await coop.until('members', 'cem', 'leave');
    undo();
    witness.say(COMMONS, 'after the fault');
    await inRoom('after the fault');
    const all = await said();
    assert.ok(!all.includes('retried one') && !all.includes('retried two'));
    await coop.list(members);
    await comeBack('cem', ['willow', 'members', 'commons']);
    await irc.quit();
  });

  test('invariants 12, 20: nothing crosses in either direction while the homeserver has not carried it out yet', async (t) => {
    const commons = await coop.room('commons');
    const cem = coop.shard.person('cem');
    const irc = await loggedIn(coop.shard.ircPort, 'cem', [COMMONS], 'cem-again');
    const first = await cem.send(commons, 'a line to be edited');
    const { nick: puppet } = await onIrc('a line to be edited');
    await coop.shard.person('ada').send(commons, 'ada is here');
    const { nick: adaOnIrc } = await onIrc('ada is here');
    witness.say(puppet ?? '', 'a private word');
    const { room: inPrivate } = await waitUntil(async () => (await invitations(cem)).find(({ isDirect }) => isDirect), {
      timeoutMs: 20_000,
      what: 'the private room',
    });
    await cem.join(inPrivate);
    await cem.send(inPrivate, 'another one');
    await witness.waitFor(({ params }) => params[1] === 'another one', { what: 'the answer in private' });
    const undo = coop.proxy.rule({
      fits: (request) => /\/(kick|state\/m\.room\.power_levels)/.test(request) && request.includes(commons),
      fault: { kind: 'answer', status: 503, body: '{}' },
    });
    const since = coop.mark();
    const startedMs = performance.now();
    await coop.list({ ...members, cem: { status: 'suspended', irc: 'home/cem' } });
    await waitUntil(() => coop.proxy.seen.slice(since).some((request) => request.includes(`${commons}/kick`)), {
      what: 'the kick to be tried',
    });
    t.diagnostic(`the kick was asked for ${Math.round(performance.now() - startedMs)} ms after the list was saved`);
    await cem.send(commons, 'gone: a line');
    await cem.act(commons, 'gone: an act');
    await cem.send(commons, 'gone: a notice', { msgtype: 'm.notice' });
    await cem.send(commons, '* gone: an edit', {
      'm.new_content': { msgtype: 'm.text', body: 'gone: an edit' },
      'm.relates_to': { rel_type: 'm.replace', event_id: first },
    });
    await cem.send(commons, 'gone: a reply', { 'm.relates_to': { 'm.in_reply_to': { event_id: first } } });
    await cem.send(commons, 'gone.png', { msgtype: 'm.image', url: 'mxc://shard.test/gone-image' });
    await cem.sendEvent(commons, 'm.reaction', {
      'm.relates_to': { rel_type: 'm.annotation', event_id: first, key: 'gone' },
    });
    await cem.redact(commons, first, 'gone: a redaction');
    await cem.send(inPrivate, 'gone: in private');
    irc.sendLine(`PRIVMSG ${adaOnIrc} :gone: to ada alone`);
    for (const word of ['PRIVMSG', 'NOTICE']) irc.sendLine(`${word} ${COMMONS} :gone: ${word}`);
    irc.act(COMMONS, 'gone: an act of IRC');
    await irc.flush();
    await coop.shard.person('ada').send(commons, 'said after it');
    await onIrc('said after it');
    witness.say(COMMONS, 'said after that');
    await inRoom('said after that');
    const ofTheBridge = witness.lines.filter(({ nick }) => nick !== 'cem-again');
    assert.deepEqual(
      ofTheBridge.filter(({ raw }) => raw.includes('gone')).map(({ raw }) => raw),
      [],
    );
    const ghosts = (await coop.shard.bot().history(commons)).filter(({ sender }) => sender.includes('_causeway_home'));
    assert.ok(!JSON.stringify(ghosts).includes('gone'));
    const called = (await invitations(coop.shard.person('ada'))).filter(({ isDirect }) => isDirect);
    assert.deepEqual(called, [], 'a private word of somebody who is shut out opens no room');
    undo();
    await coop.until('commons', 'cem', 'leave', 40_000);
    await witness.waitFor(({ command, nick }) => /^(QUIT|PART)$/.test(command) && nick === puppet, {
      what: 'the connection of cem to be gone',
    });
    await coop.list(members);
    await coop.until('willow', 'cem', 'invite');
    await irc.quit();
  });

  test('invariant 19: each standing has its own effect, and each returns in its own way', async () => {
    await Promise.all(
      ['eli', 'fay', 'gus', 'ivy'].map(async (who) =>
        coop.shard.person(who).send(await coop.room('commons'), `${who} was here`),
      ),
    );
    for (const who of ['eli', 'fay', 'gus', 'ivy']) await onIrc(`${who} was here`);
    const changed = {
      ...members,
      eli: { status: 'hibernating' },
      fay: { status: 'departed' },
      gus: { status: 'expelled' },
      ivy: { status: 'provisional' },
    };
    await coop.list(changed);
    const rooms = ['willow', 'members', 'commons'] as const;
    const expected = {
      eli: ['join', 'join', 'join'],
      fay: ['leave', 'leave', 'leave'],
      gus: ['ban', 'ban', 'ban'],
      ivy: ['leave', 'leave', 'join'],
    };
    for (const [who, memberships] of Object.entries(expected))
      for (const [at, membership] of memberships.entries()) await coop.until(rooms[at] ?? '', who, membership);
    const commons = await coop.room('commons');
    await waitUntil(async () => (await coop.power('commons', 'eli')) === -1, { what: 'eli to be silenced' });
    await assert.rejects(coop.shard.person('eli').send(commons, 'in my sleep'), MatrixRefusal);
    assert.ok((await coop.shard.person('eli').history(commons)).length > 0);
    for (const who of ['eli', 'fay', 'gus'])
      await witness.waitFor(({ command, nick }) => /^(QUIT|PART)$/.test(command) && nick === who, {
        what: `the connection of ${who} to be gone`,
      });
    await coop.shard.person('ivy').send(commons, 'not admitted everywhere yet');
    await onIrc('not admitted everywhere yet');
    await assert.rejects(coop.enter('commons', 'gus'));
    await coop.enter('commons', 'fay');
    await coop.until('commons', 'fay', 'leave');
    // Who may come in does not drift; who may not does.
    await coop.enter('lobby', 'eli');
    await waitUntil(async () => (await coop.power('lobby', 'eli')) === -1, { what: 'eli to be silenced there, too' });
    const reports = await waitUntil(
      async () => {
        const said = await coop.reports();
        return said.some((text) => text.includes(`${mxid('fay')} came in. It was put right`)) ? said : undefined;
      },
      { what: 'the admin room to be told of fay' },
    );
    assert.deepEqual(
      reports.filter((text) => text.includes(`${mxid('eli')} came in`)),
      [],
    );

    await coop.list(members);
    for (const who of ['fay', 'gus', 'ivy']) await comeBack(who, ['willow', 'members', 'commons']);
    await waitUntil(async () => (await coop.power('commons', 'eli')) === 0, {
      timeoutMs: 20_000,
      what: 'eli to have a voice',
    });
    await coop.shard.person('eli').send(commons, 'awake again');
    await onIrc('awake again');
    const { users } = await coop.shard.bot().state(commons, 'm.room.power_levels');
    assert.ok(!Object.hasOwn(users as object, mxid('eli')), 'nothing of it is left');
  });

  describe('of somebody in nested groups', () => {
    const house = ['willow-house', 'house', 'vault', 'willow-attic', 'attic'];

    async function moveIn(): Promise<void> {
      await comeBack('hal', ['willow-house', 'vault', 'willow-attic', 'willow-garden']);
      for (const alias of ['house', 'attic', 'garden']) {
        await coop.opened(alias, 'restricted');
        await coop.enter(alias, 'hal');
      }
    }

    test('invariant 13: whoever leaves a Space is out of its rooms, its nested Spaces and theirs', async () => {
      await moveIn();
      await coop.shard.person('hal').leave(await coop.room('willow-house'));
      for (const alias of house) await coop.until(alias, 'hal', 'leave');
      assert.equal(await coop.membership('garden', 'hal'), 'join');
    });

    test('invariant 15: by an old invitation, an alias or the rule of the room nobody comes back through the back door', async () => {
      for (const alias of house) await assert.rejects(coop.enter(alias, 'hal'), alias);
      // Called back into the Space, they have their place again.
      await coop.shard.bot().invite(await coop.room('willow-house'), mxid('hal'));
      await coop.enter('willow-house', 'hal');
      await comeBack('hal', ['vault', 'willow-attic', 'house', 'attic']);
    });

    test('invariant 13: whoever left a Space while the bridge was away is out of what stands in it', async () => {
      await coop.shard.bridge.stop();
      await coop.shard.person('hal').leave(await coop.room('willow-garden'));
      await coop.shard.restartBridge();
      await coop.until('garden', 'hal', 'leave');
      await coop.shard.bot().invite(await coop.room('willow-garden'), mxid('hal'));
      await coop.enter('willow-garden', 'hal');
      await comeBack('hal', ['garden']);
    });

    test('invariant 14: whoever loses a seat keeps what another gives', async () => {
      await coop.list({ ...members, hal: { groups: ['garden', 'attic'] } });
      for (const alias of ['willow-house', 'house', 'vault']) await coop.until(alias, 'hal', 'leave');
      for (const alias of ['willow', 'willow-garden', 'garden'])
        assert.equal(await coop.membership(alias, 'hal'), 'join');
    });

    test('invariant 13: whoever is no member any more is out of everything, and what they were invited to is withdrawn', async () => {
      await coop.list(members);
      await coop.until('vault', 'hal', 'invite');
      await coop.list({ ...members, hal: { status: 'departed' } });
      for (const alias of ['willow', ...house, 'willow-garden', 'garden']) await coop.until(alias, 'hal', 'leave');
      const audited = (await coop.audit()).filter(
        ({ resource, phase }) => resource === 'channel:home/#vault' && phase === 'intent',
      );
      assert.ok(audited.some(({ action, subject }) => action === 'withdraw' && String(subject).endsWith(' hal')));
    });
  });
});
