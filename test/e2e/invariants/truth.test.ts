import assert from 'node:assert/strict';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { startWatched, type Watched } from './watched.ts';

const channels = [
  { channel: '#commons', require: 'none' },
  { channel: '#garden', group: 'garden', join: 'invite' },
];
const rooms = ['willow', 'willow-garden', 'garden', 'commons', 'lobby', 'admin'];

describe('an authority that is ill', () => {
  let coop: Watched;
  const members = {
    ada: { roles: ['council'], groups: ['garden'] },
    bea: { groups: [{ group: 'garden', roles: ['coordinator'] }] },
    cem: { groups: ['garden'] },
  };
  const withDora = { ...members, dora: { groups: ['garden'] } };
  const listed = Object.entries(withDora).map(([id, entry]) => ({ id, matrix: mxid(id), ...entry }));
  const whole = JSON.stringify({ members: listed });
  const path = (): string => join(coop.shard.dir, 'members.yaml');

  before(async () => {
    // The file says that it is alive every 4 s.
    coop = await startWatched('inv-truth', ['ada', 'bea', 'cem', 'dora', 'eve'], members, {
      channels,
      authority: { softSeconds: 6, hardSeconds: 600 },
    });
    for (const who of Object.keys(members))
      for (const room of ['willow', 'garden']) {
        await coop.until(room, who, 'invite');
        await coop.enter(room, who);
      }
    await waitUntil(async () => (await coop.power('garden', 'bea')) === 50, { what: 'bea to have her power' });
    await coop.lookedThrough(0, rooms);
    assert.deepEqual(await coop.logged('a room could not be brought'), [], 'nobody is called twice to the same room');
  });
  after(async () => {
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  /** Everything that moved or could move somebody since. */
  const moved = (since: number): string[] => coop.writes(since).filter((request) => !request.includes('/send/'));

  /** `state/m.room.power_levels`, `invite` */
  const kind = (request: string): string => /\/rooms\/[^/]+\/(state\/[^/?]+|\w+)/.exec(request)?.[1] ?? request;

  /** Nothing came of it: after a list that is whole again and changes one thing, only that thing was written. */
  async function nothingCameOfIt(since: number): Promise<void> {
    const auditedBefore = (await coop.audit()).length;
    assert.deepEqual(moved(since), []);
    await coop.list({ ...members, cem: { groups: [{ group: 'garden', roles: ['coordinator'] }] } });
    await waitUntil(async () => (await coop.power('garden', 'cem')) === 50, { what: 'the next word to count' });
    assert.deepEqual([...new Set(moved(since).map(kind))], ['state/m.room.power_levels']);
    const done = (await coop.audit()).slice(auditedBefore).filter(({ phase }) => phase === 'intent');
    assert.deepEqual([...new Set(done.map(({ action }) => action))], ['power']);
    await coop.list(members);
    await waitUntil(async () => (await coop.power('garden', 'cem')) === 0, { what: 'the power to be taken back' });
  }

  const ills: readonly (readonly [what: string, ail: () => Promise<void>])[] = [
    ['is no YAML', () => coop.scribble('members: [{id: ada\n  \t}')],
    ['is another kind of thing', () => coop.scribble('<!doctype html><title>502 Bad Gateway</title>')],
    ['breaks off in its middle (invariant 3)', () => coop.scribble(whole.slice(0, whole.indexOf('cem')))],
    [
      'has one entry that is wrong',
      () => coop.scribble(JSON.stringify({ members: [...listed, { id: 'eve', irc: 7 }] })),
    ],
    [
      'gives one account to two',
      () => coop.scribble(JSON.stringify({ members: [...listed, { id: 'eve', matrix: mxid('ada') }] })),
    ],
    [
      'is of random bytes',
      () => writeFile(path(), Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))),
    ],
    ['is gone', () => rm(path())],
    [
      'became a folder',
      async () => {
        await rm(path(), { force: true });
        await mkdir(path());
      },
    ],
  ];

  test('invariant 1: a list that cannot be read, in any way, removes nobody and lets nobody in', async () => {
    const since = coop.mark();
    const problems: string[] = [];
    for (const [what, ail] of ills) {
      await ail();
      const before = problems.at(-1);
      const problem = await coop.untilProblem((now) => now !== undefined && now !== before);
      assert.ok(problem, what);
      problems.push(problem);
    }
    await rm(path(), { recursive: true });
    await nothingCameOfIt(since);
    assert.equal(await coop.membership('garden', 'dora'), 'none');
  });

  test('invariant 1: a bridge that starts while the list is gone moves nobody, and members go on talking', async () => {
    const irc = await coop.shard.ircUser('witness', { channels: ['#commons'] });
    const cem = coop.shard.person('cem');
    const commons = await coop.enter('commons', 'cem');
    await rename(path(), `${path()}.away`);
    const since = coop.mark();
    await coop.shard.restartBridge();
    await coop.lookedThrough(since, rooms);
    await coop.untilProblem((problem) => problem !== undefined);
    assert.deepEqual(moved(since), []);
    await cem.send(commons, 'still here');
    await irc.waitFor((line) => line.params[1] === 'still here', { what: 'a member to be heard' });
    await rename(`${path()}.away`, path());
    await nothingCameOfIt(since);
    await irc.quit();
  });

  for (const [what, text] of [
    ['a list of nobody', 'members: []\n'],
    ['an empty file', ''],
  ] as const)
    test(`invariant 2: ${what} removes nobody and raises an alert`, async () => {
      const since = coop.mark();
      await coop.scribble(text);
      await coop.untilProblem((problem) => problem?.includes('names nobody') === true);
      await nothingCameOfIt(since);
      assert.equal((await coop.reports()).filter((report) => report.includes('names nobody')).length, 1);
    });

  test('invariant 5: a standing and a role that nobody explained move nobody, give nothing, and are told once', async () => {
    const since = coop.mark();
    const odd = {
      ...members,
      cem: { status: 'enchanted', groups: ['garden'] },
      ada: { roles: ['council'], groups: [{ group: 'garden', roles: ['archmage'] }] },
      dora: { status: 'enchanted', groups: ['garden'] },
    };
    await coop.list(odd);
    await waitUntil(async () => (await coop.reports()).some((text) => text.includes('enchanted')), {
      what: 'an alert',
    });
    await coop.list({ ...odd, ada: { ...odd.ada, roles: ['council', 'wizard'] } });
    await waitUntil(async () => (await coop.logged('wizard')).length > 0, { what: 'the role to be told' });
    await coop.list(odd);
    await nothingCameOfIt(since);
    assert.equal(await coop.membership('garden', 'dora'), 'none');
    assert.equal((await coop.reports()).filter((text) => text.includes('enchanted') && text.includes('cem')).length, 1);
  });

  test('invariant 1: nobody new is let in by old answers, and whoever waited is let in by the first fresh one', async () => {
    await rename(path(), `${path()}.away`);
    await coop.untilProblem((problem) => problem !== undefined);
    await waitUntil(async () => (await coop.authority()).state === 'aging', { timeoutMs: 15_000, what: 'old answers' });
    const since = coop.mark();
    const garden = await coop.room('garden');
    const bea = coop.shard.person('bea');
    await bea.request('POST', `/v3/rooms/${encodeURIComponent(garden)}/kick`, { user_id: mxid('cem') });
    await bea.invite(garden, mxid('eve'));
    // What the authority has no say in is put right all the same: then the bridge has seen the two before it.
    await bea.setState(garden, 'm.room.canonical_alias', '', {});
    const alias = async (): Promise<unknown> =>
      (await bea.state(garden, 'm.room.canonical_alias').catch(() => ({ alias: '' }))).alias;
    await waitUntil(async () => (await alias()) === '#garden:shard.test', { what: 'the main address to be back' });
    assert.deepEqual(moved(since).map(kind), ['state/m.room.canonical_alias']);
    await rename(`${path()}.away`, path());
    await coop.until('garden', 'cem', 'invite');
    await coop.until('garden', 'eve', 'leave');
    await coop.enter('garden', 'cem');
  });

  test('invariant 4: whoever was put out, was by a statement with its revision', async () => {
    await coop.list({ ...members, cem: { status: 'suspended' } });
    await coop.until('garden', 'cem', 'leave');
    await coop.until('willow', 'cem', 'leave');
    const gone = new Set(['kick', 'ban', 'withdraw']);
    await waitUntil(
      async () =>
        (await coop.audit()).filter(({ phase, action }) => phase === 'outcome' && gone.has(String(action))).length >= 3,
      { what: 'the outcomes to be noted' },
    );
    const removals = (await coop.audit()).filter(({ action }) => gone.has(String(action)));
    assert.ok(
      removals.every(
        ({ revision, why, subject }) => Number(revision) > 0 && String(why) !== '' && String(subject) !== '',
      ),
    );
    assert.ok(removals.some(({ subject }) => String(subject).endsWith(' cem')));
  });
});
