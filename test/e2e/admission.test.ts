import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../servers/people.ts';
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

  test('every removal is in the audit log with the statement that it rests on', async () => {
    const kicks = (await coop.audit()).filter(({ action, phase }) => action === 'kick' && phase === 'intent');
    assert.ok(kicks.length > 0);
    assert.ok(
      kicks.every(({ revision, subject }) => typeof revision === 'number' && String(subject).includes('cem')),
      mxid('cem'),
    );
  });
});
