import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { startWatched, type Watched } from './watched.ts';

const channels = [
  { channel: '#commons', require: 'none' },
  { channel: '#garden', group: 'garden' },
  { channel: '#vault', group: 'garden', join: 'invite' },
];
const rooms = ['willow', 'willow-garden', 'commons', 'garden', 'vault', 'lobby', 'admin'];

describe('whatever happened, rooms come to what they should be', () => {
  let coop: Watched;
  const members = {
    ada: { roles: ['council'], groups: ['garden'] },
    bea: { groups: [{ group: 'garden', roles: ['coordinator'] }] },
    cem: { groups: ['garden'] },
  };
  /** A room that is nobody's business but its people's, as it was when it was made. */
  let elsewhere = '';
  let untouched: ReadonlyMap<string, string> = new Map();

  before(async () => {
    coop = await startWatched('inv-convergence', ['ada', 'bea', 'cem', 'dora'], members, { channels });
    for (const who of Object.keys(members))
      for (const room of ['willow', 'willow-garden', 'garden', 'vault']) {
        if (room !== 'garden') await coop.until(room, who, 'invite');
        else await coop.opened('garden', 'restricted');
        await coop.enter(room, who);
      }
    await coop.until('admin', 'ada', 'invite');
    await coop.enter('admin', 'ada');
    const cem = coop.shard.person('cem');
    elsewhere = await cem.createRoom({ preset: 'private_chat', invite: [mxid('dora'), coop.shard.bot().userId] });
    await coop.shard.person('dora').join(elsewhere);
    await coop.shard.bot().join(elsewhere);
    untouched = await coop.stateOf(elsewhere);
  });
  after(async () => {
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  const room = (alias: string): Promise<string> => coop.room(alias);
  const path = async (alias: string, what: string): Promise<string> =>
    `/v3/rooms/${encodeURIComponent(await room(alias))}/${what}`;

  test('invariant 6: another run writes nothing at all', async () => {
    for (const run of ['a restart', 'another restart']) {
      const since = coop.mark();
      await coop.shard.restartBridge();
      await coop.lookedThrough(since, rooms);
      if (run === 'another restart') assert.deepEqual(coop.writes(since), []);
    }
  });

  test('invariant 9: members who are kicked are called back, from rooms of either kind and from Spaces', async () => {
    for (const alias of ['vault', 'garden', 'willow-garden']) {
      const bea = coop.shard.person('bea');
      await bea.request('POST', await path(alias, 'kick'), { user_id: mxid('cem') });
      await coop.until(alias, 'cem', 'invite');
      await coop.enter(alias, 'cem');
    }
  });

  test('invariant 9: an outsider who is invited is not, a moment later', async () => {
    await coop.shard.person('bea').invite(await room('vault'), mxid('dora'));
    await coop.until('vault', 'dora', 'leave');
    await assert.rejects(coop.enter('vault', 'dora'));
  });

  test('invariant 9: in a room whose founder may do everything, each change is put right', async () => {
    const ada = coop.shard.person('ada');
    const bot = coop.shard.bot().userId;
    const shed = await ada.createRoom({
      preset: 'private_chat',
      room_alias_name: 'shed',
      invite: [bot, mxid('cem')],
      power_level_content_override: {
        users: { [ada.userId]: 100, [bot]: 100, '@far:elm.test': 20 },
      },
    });
    await coop.shard.person('cem').join(shed);
    const config = JSON.parse(await readFile(coop.shard.configPath, 'utf8'));
    config.networks[0].channels.push({ channel: '#shed', room: '#shed' });
    await writeFile(coop.shard.configPath, JSON.stringify(config));
    process.kill(coop.shard.bridge.pid, 'SIGHUP');
    const acl = async (): Promise<string> => {
      const { allow } = await ada.state(shed, 'm.room.server_acl').catch(() => ({ allow: undefined }));
      return JSON.stringify(allow);
    };
    // Her power is as much as the bot's and cannot be taken back: it is said, and holds nothing up.
    await coop.opened('shed', 'restricted');
    await waitUntil(async () => (await coop.reports()).some((text) => /@ada:\S+ have as much power/.test(text)), {
      what: 'the admin room to be told',
    });
    assert.deepEqual((await coop.authority()).heldPlans, []);
    await waitUntil(async () => (await acl()) === '["shard.test"]', { what: 'the list of servers' });

    await ada.setState(shed, 'm.room.server_acl', '', { allow: ['*'], deny: [] });
    await waitUntil(async () => (await acl()) === '["shard.test"]', { what: 'the list of servers to be back' });
    await ada.setState(shed, 'm.room.join_rules', '', { join_rule: 'public' });
    await coop.opened('shed', 'restricted');
    const levels = await ada.state(shed, 'm.room.power_levels');
    await ada.setState(shed, 'm.room.power_levels', '', {
      ...levels,
      'coop.elm': { x: 1 },
      users: { ...(levels.users as object), [mxid('cem')]: 60 },
    });
    await waitUntil(async () => (await coop.power('shed', 'cem')) === 0, { what: 'the power to be taken back' });
    await ada.invite(shed, mxid('dora'));
    await coop.until('shed', 'dora', 'leave');
    const after = await ada.state(shed, 'm.room.power_levels');
    assert.deepEqual((after.users as Record<string, number>)['@far:elm.test'], 20);
    assert.deepEqual(after['coop.elm'], { x: 1 });
    assert.ok((await coop.authority()).driftCorrected >= 5);
  });

  test('invariant 11: somebody suspended and active again in a moment is where they were, with the power they had', async () => {
    await waitUntil(async () => (await coop.power('garden', 'bea')) === 50, { what: 'her power' });
    for (let round = 0; round < 4; round++) {
      await coop.list({ ...members, bea: { ...members.bea, status: 'suspended' } });
      // Now and then it has its effect, and the next word comes while the one before is still being carried out.
      if (round % 2 === 0) await coop.until('vault', 'bea', 'leave');
      await coop.list(members);
      if (round % 2 === 0) await coop.until('vault', 'bea', 'invite');
    }
    const stays = ['willow', 'willow-garden', 'garden', 'vault'];
    for (const alias of stays) {
      await waitUntil(async () => ['invite', 'join'].includes(await coop.membership(alias, 'bea')), {
        what: `bea to be called back to ${alias}`,
      });
      await coop.enter(alias, 'bea');
    }
    for (const alias of ['garden', 'vault'])
      await waitUntil(async () => (await coop.power(alias, 'bea')) === 50, { what: `her power in ${alias}` });
    assert.deepEqual(
      (await coop.audit()).filter(({ action }) => action === 'ban'),
      [],
    );
  });

  for (const fate of ['before it arrives', 'after it was carried out'] as const)
    test(`invariant 8: killed between note and outcome of a removal, ${fate}, a restart ends it`, async () => {
      const stays = ['willow', 'willow-garden', 'garden', 'vault'];
      await killedDuring('/kick', fate, 'leave', { ...members, cem: { status: 'suspended' } });
      for (const alias of stays) await coop.until(alias, 'cem', 'leave');
      await coop.list(members);
      for (const alias of stays) {
        await coop.until(alias, 'cem', 'invite');
        await coop.enter(alias, 'cem');
      }
    });

  for (const fate of ['before it arrives', 'after it was carried out'] as const)
    test(`invariant 8: killed between note and outcome of an invitation, ${fate}, it is made once`, async () => {
      await coop.list({ ...members, cem: { status: 'suspended' } });
      await coop.until('vault', 'cem', 'leave');
      const from = (await coop.shard.bot().history(await room('vault'))).length;
      await killedDuring('/invite', fate, 'invite', members);
      for (const alias of ['willow', 'willow-garden', 'vault']) await coop.until(alias, 'cem', 'invite');
      await coop.enter('willow', 'cem');
      await coop.enter('vault', 'cem');
      const invited = (await coop.shard.bot().history(await room('vault')))
        .slice(from)
        .filter(({ type, content }) => type === 'm.room.member' && content.membership === 'invite');
      assert.equal(invited.length, 1);
      for (const alias of ['willow-garden', 'garden']) await coop.enter(alias, 'cem');
    });

  /** Kills the bridge when it asks this of #vault: before the homeserver hears of it, or before the answer is there. */
  async function killedDuring(
    request: string,
    fate: string,
    membership: string,
    list: Parameters<Watched['list']>[0],
  ): Promise<void> {
    const vault = await room('vault');
    const { bridge } = coop.shard;
    let asked = 0;
    const fits = (line: string): boolean => {
      if (!line.startsWith('POST ') || !line.includes(`${vault}${request}`)) return false;
      asked++;
      if (fate === 'before it arrives') process.kill(bridge.pid, 'SIGKILL');
      return true;
    };
    const isNever = fate === 'before it arrives';
    const undo = coop.proxy.rule({
      fits,
      fault: isNever ? { kind: 'drop-request' } : { kind: 'delay-response', ms: 3_000 },
    });
    await coop.list(list);
    await waitUntil(() => asked > 0, { timeoutMs: 15_000, what: `a ${request}` });
    if (!isNever) await coop.until('vault', 'cem', membership);
    const audited = await coop.audit();
    const noted = (phase: string): number =>
      audited.filter((entry) => entry.phase === phase && entry.resource === 'channel:home/#vault').length;
    assert.ok(noted('intent') > noted('outcome'), 'the intent is on disk before the request goes out');
    await bridge.kill9();
    undo();
    await coop.shard.restartBridge();
  }

  test('invariant 10: a room that is not kept is as it was, to the byte', async () => {
    assert.deepEqual(await coop.stateOf(elsewhere), untouched);
  });
});
