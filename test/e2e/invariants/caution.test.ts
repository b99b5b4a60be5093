import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runAudit } from '../../../src/cli/audit.ts';
import { IrcUser, waitUntil } from '../../servers/people.ts';
import { mxid } from '../cooperative.ts';
import { startWatched, type Watched, withAccount } from './watched.ts';

const MEMBERS = '#members';
const channels = [
  { channel: MEMBERS, guard: false },
  { channel: '#garden', group: 'garden' },
];
const rooms = ['willow', 'willow-garden', 'members', 'garden', 'lobby', 'admin'];

describe('what is careful', () => {
  let coop: Watched;
  const many = ['bea', 'cem', 'dan', 'eve', 'fay', 'gus', 'hal'] as const;
  const members = {
    ada: { roles: ['council'], irc: 'home/ada' },
    ...Object.fromEntries(many.map((who) => [who, {}])),
  };
  const without = (...gone: readonly string[]) => ({
    ...members,
    ...Object.fromEntries(gone.map((who) => [who, { status: 'suspended' }])),
  });

  before(async () => {
    coop = await startWatched('inv-caution', Object.keys(members), members, { channels });
    await coop.until('admin', 'ada', 'invite');
    await coop.enter('admin', 'ada');
    for (const who of Object.keys(members)) await coop.until('willow', who, 'invite');
    await Promise.all(Object.keys(members).map((who) => coop.enter('willow', who)));
    await coop.opened('members', 'restricted');
    for (const who of ['ada', 'bea']) await coop.enter('members', who);
  });
  after(async () => {
    await coop?.shard.stop();
    await coop?.proxy.stop();
  });

  const heldInSpace = () =>
    waitUntil(async () => (await coop.authority()).heldPlans.find(({ resource }) => resource === 'space:coop'), {
      timeoutMs: 15_000,
      what: 'the plan to be held',
    });
  const nothingHeld = () =>
    waitUntil(async () => (await coop.authority()).heldPlans.length === 0, { what: 'nothing to be held' });
  const allJoined = many.map(() => 'join');
  /** Called back, and there again. */
  async function back(who: string, alias: string): Promise<void> {
    await waitUntil(async () => ['invite', 'join'].includes(await coop.membership(alias, who)), {
      timeoutMs: 15_000,
      what: `${who} to be called back to #${alias}`,
    });
    await coop.enter(alias, who);
  }
  const memberships = (who: readonly string[]): Promise<string[]> =>
    Promise.all(who.map((one) => coop.membership('willow', one)));

  test('invariant 38: a plan that removes many waits for the word of somebody who may give it, for this very plan', async () => {
    await coop.list(without(...many));
    const first = await heldInSpace();
    assert.equal(first.removes, many.length);
    const report = await waitUntil(async () => (await coop.reports()).find((text) => text.includes(first.hash)), {
      what: 'the admin room to be told',
    });
    for (const who of many) assert.ok(report.includes(mxid(who)), who);
    assert.match(await coop.command('ada', 'admin', '!causeway confirm 0123456789ab'), /No plan/);
    assert.deepEqual(await memberships(many), allJoined);

    // One of them is back before somebody says that the plan is meant: it is another plan now.
    const [bea, ...six] = many;
    await coop.list(without(...six));
    await back(bea, 'members');
    assert.match(await coop.command(bea, 'members', `!causeway confirm ${first.hash}`), /for the council/);
    const second = await waitUntil(
      async () => {
        const held = (await coop.authority()).heldPlans.find(({ resource }) => resource === 'space:coop');
        return held !== undefined && held.hash !== first.hash ? held : undefined;
      },
      { what: 'the other plan to be held' },
    );
    assert.match(await coop.command('ada', 'admin', `!causeway confirm ${first.hash}`), /No plan/);
    assert.deepEqual(await memberships(many), allJoined);

    await coop.command('ada', 'admin', `!causeway confirm ${second.hash}`);
    for (const who of six) await coop.until('willow', who, 'leave');
    assert.equal(await coop.membership('willow', bea), 'join');
    await nothingHeld();
    const confirmed = (await coop.audit()).filter(({ phase }) => phase === 'confirmed');
    assert.deepEqual(
      confirmed.map(({ actor, cause }) => ({ actor, cause })),
      [{ actor: mxid('ada'), cause: second.hash }],
    );

    await coop.list(members);
    const since = coop.mark();
    // One after the other: of people who join at once Dendrite now and then forgets one (docs/what-servers-do.md).
    for (const who of six) await back(who, 'willow');
    await coop.lookedThrough(since, []);
    await coop.list(without(...six));
    assert.equal((await heldInSpace()).hash, second.hash, 'the same plan again is asked for again');
    assert.deepEqual(await memberships(many), allJoined);
    await coop.list(members);
    await nothingHeld();
  });

  test('invariant 38: a plan that is held lets nobody of it speak', async () => {
    const irc = await withAccount(coop.shard.ircPort, 'ada', [MEMBERS], 'ada-on-irc');
    await back('bea', 'members');
    const room = await coop.room('members');
    await coop.list(without(...many));
    await heldInSpace();
    await coop.until('members', 'bea', 'leave');
    irc.say(MEMBERS, 'a council goes on');
    await waitUntil(
      async () => (await coop.shard.bot().history(room)).some(({ content }) => content.body === 'a council goes on'),
      { what: 'the council to be heard' },
    );
    await coop.list(members);
    await nothingHeld();
    await back('bea', 'members');
    await irc.quit();
  });

  test('invariant 38: people who are removed one by one add up, and the one too many waits', async () => {
    const gone: string[] = [];
    for (const who of many.slice(0, 5)) {
      gone.push(who);
      await coop.list(without(...gone));
      await coop.until('willow', who, 'leave');
    }
    await coop.list(without(...gone, 'gus'));
    const held = await heldInSpace();
    assert.equal(held.removes, 1);
    assert.equal(await coop.membership('willow', 'gus'), 'join');
    await coop.command('ada', 'admin', `!causeway confirm ${held.hash}`);
    await coop.until('willow', 'gus', 'leave');
    await nothingHeld();
    await coop.list(members);
    for (const who of [...gone, 'gus']) await back(who, 'willow');
    await back('bea', 'members');
    await nothingHeld();
  });

  /** Rewrites the mode, and has the bridge read it. */
  async function setMode(mode: 'observe' | 'enforce'): Promise<void> {
    const config = JSON.parse(await readFile(coop.shard.configPath, 'utf8'));
    config.authority.mode = mode;
    await writeFile(coop.shard.configPath, JSON.stringify(config));
    process.kill(coop.shard.bridge.pid, 'SIGHUP');
    await waitUntil(async () => ((await coop.authority()) as unknown as { mode: string }).mode === mode, {
      what: mode,
    });
  }

  test('invariant 39: what is announced is what is done', async () => {
    await setMode('observe');
    const reportsBefore = (await coop.reports()).length;
    const since = coop.mark();
    const auditBefore = (await coop.audit()).length;
    await coop.list({
      ...without('fay'),
      gus: { status: 'expelled' },
      hal: { roles: ['council'] },
      dan: { groups: ['garden'] },
    });
    await waitUntil(
      async () => {
        const plans = (await coop.reports()).slice(reportsBefore);
        const isTold = (name: string, who: string): boolean =>
          plans.some((text) => text.startsWith(name) && text.includes(mxid(who)));
        return isTold('Willow:', 'gus') && isTold('Garden:', 'dan');
      },
      { timeoutMs: 15_000, what: 'the plans to be announced' },
    );
    await coop.lookedThrough(since, []);
    const announced = (await coop.reports()).slice(reportsBefore).filter((text) => text.includes('observe'));
    assert.deepEqual(
      coop.writes(since).filter((request) => !request.includes('/send/')),
      [],
    );
    await setMode('enforce');
    await coop.until('willow', 'gus', 'ban');
    await coop.until('willow-garden', 'dan', 'invite');
    await nothingHeld();
    const intents = (await coop.audit()).slice(auditBefore).filter(({ phase }) => phase === 'intent');
    const done = intents.map(({ action, why }) => {
      const person = /^(@\S+): /.exec(String(why))?.[1];
      return person === undefined ? String(action) : `${action} ${person}`;
    });
    const said = announced.flatMap((text) =>
      text
        .split('\n')
        .slice(1)
        .map((line) => line.split(': ')[0] ?? ''),
    );
    assert.deepEqual([...new Set(done)].sort(), [...new Set(said)].sort());
    assert.ok(done.includes(`kick ${mxid('fay')}`) && done.includes(`ban ${mxid('gus')}`));
    assert.ok(done.includes(`power ${mxid('hal')}`));
    await coop.list(members);
    for (const who of ['fay', 'gus']) {
      await coop.until('willow', who, 'invite');
      await coop.enter('willow', who);
    }
  });

  test('invariant 16: a role ends at its end, with no word and the list broken', async () => {
    const until = new Date(Date.now() + 5_000).toISOString();
    await coop.list({ ...members, hal: { groups: [{ group: 'garden', roles: ['coordinator'], until }] } });
    await waitUntil(async () => (await coop.power('willow-garden', 'hal')) === 50, { what: 'the power' });
    await coop.scribble('members: [');
    await coop.untilProblem((problem) => problem !== undefined);
    await waitUntil(async () => (await coop.power('willow-garden', 'hal')) === 0, { what: 'the power to end' });
    assert.ok(Date.now() >= Date.parse(until));
    await coop.list(members);
    await coop.untilProblem((problem) => problem === undefined);
  });

  test('invariants 17, 18: the bot made every room, and nobody else has its power in one', async () => {
    const bot = coop.shard.bot();
    for (const alias of rooms) {
      const room = await coop.room(alias);
      const [create] = (await bot.history(room)).filter(({ type }) => type === 'm.room.create');
      assert.equal(create?.sender, bot.userId, alias);
      const { users } = (await bot.state(room, 'm.room.power_levels')) as { users: Record<string, number> };
      // A founder stands above all numbers from version 12 on.
      assert.equal(users[bot.userId] ?? (create?.content.room_version === '12' ? 100 : 0), 100);
      const others = Object.entries(users).filter(([userId]) => userId !== bot.userId);
      assert.ok(
        others.every(([, power]) => power <= 75),
        alias,
      );
    }
    // And nobody can take it: the highest of people cannot write what says so.
    const ada = coop.shard.person('ada');
    const room = await coop.room('willow');
    const levels = await ada.state(room, 'm.room.power_levels');
    await assert.rejects(ada.setState(room, 'm.room.power_levels', '', { ...levels, users_default: 50 }));
  });

  test('invariant 29: whoever has not the token of the homeserver is refused, and told nothing', async () => {
    const { appservice } = JSON.parse(await readFile(coop.shard.configPath, 'utf8')) as { appservice: { url: string } };
    const event = {
      type: 'm.room.message',
      room_id: await coop.room('members'),
      sender: mxid('ada'),
      content: { body: 'x' },
    };
    const tokens = ['', 'wrong', coop.shard.bot().token, 'x'.repeat(100_000)];
    for (const token of tokens)
      for (const [method, path] of [
        ['PUT', '/_matrix/app/v1/transactions/1'],
        ['GET', `/_matrix/app/v1/users/${encodeURIComponent(mxid('_causeway_home_x'))}`],
      ] as const) {
        const answer = await fetch(appservice.url + path, {
          method,
          headers: {
            ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
            'content-type': 'application/json',
          },
          ...(method === 'PUT' ? { body: JSON.stringify({ events: [event] }) } : {}),
        });
        const body = await answer.text();
        assert.ok([401, 403, 431].includes(answer.status), `${method} ${answer.status}`);
        assert.ok(!body.includes('shard.test') && body.length < 200, body);
      }
  });

  test('invariant 40: the log of all this verifies, shows any change, and says of one member nothing of another', async () => {
    const file = join(coop.shard.dir, 'data', 'audit.jsonl');
    const copy = join(coop.shard.dir, 'data', 'copy.jsonl');
    const run = async (...args: string[]): Promise<{ code: number; text: string }> => {
      let text = '';
      const put = (more: string): void => {
        text += more;
      };
      const code = await runAudit(args, { folder: coop.shard.dir, print: put, complain: put });
      return { code, text };
    };
    const whole = await run('verify', '--file', file);
    assert.equal(whole.code, 0, whole.text);

    const bytes = await readFile(file);
    const lines = bytes.toString('utf8').split('\n');
    const middle = Math.floor(bytes.length / 2);
    const flipped = Buffer.from(bytes);
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    const shorter = lines.toSpliced(Math.floor(lines.length / 2), 1).join('\n');
    for (const [what, content] of [
      ['one bit', flipped],
      ['one line', shorter],
    ] as const) {
      await writeFile(copy, content);
      const verdict = await run('verify', '--file', copy);
      assert.equal(verdict.code, 1, `${what}: ${verdict.text}`);
    }

    const { code, text } = await run('export', '--file', file, '--subject', 'shard.test gus', '--subject', mxid('gus'));
    assert.equal(code, 0, text);
    assert.ok(text.includes('"ban"') || text.includes('ban'), text);
    for (const who of ['ada', ...many.filter((one) => one !== 'gus')]) assert.ok(!text.includes(who), who);
  });

  test('invariant 41: a bot that is out of a room says so loudly, and nothing is relayed there until it is back', async () => {
    const room = await coop.room('members');
    const irc = await IrcUser.connect({
      port: coop.shard.ircPort,
      nick: 'ada-on-irc',
      sasl: { account: 'ada', password: 'pw-ada' },
      channels: [MEMBERS],
    });
    const ada = coop.shard.person('ada');
    await ada.send(room, 'with the bot');
    await irc.waitFor(({ params }) => params[1] === 'with the bot', { what: 'a line with the bot there' });
    // As an admin of the homeserver evacuates a user from a room.
    await coop.shard.bot().leave(room);
    await waitUntil(async () => (await coop.logged('is not in #members:shard.test any more')).length > 0, {
      timeoutMs: 15_000,
      what: 'the log to say it',
    });
    const portal = async (): Promise<{ problem?: string; refused: number }> => {
      const { portals } = (await coop.shard.status()) as {
        portals: { channel: string; problem?: string; refused: number }[];
      };
      return portals.find(({ channel }) => channel === MEMBERS) ?? { refused: 0 };
    };
    await waitUntil(async () => (await portal()).problem?.includes('any more'), { what: 'the status to say it' });
    const { refused } = await portal();
    await ada.send(room, 'without the bot');
    irc.say(MEMBERS, 'into the void');
    await waitUntil(async () => (await portal()).refused > refused, { what: 'a line to be refused' });
    assert.ok(!irc.lines.some(({ raw }) => raw.includes('without the bot')));
    await ada.invite(room, coop.shard.bot().userId);
    await waitUntil(async () => (await ada.members(room)).has(coop.shard.bot().userId), {
      timeoutMs: 20_000,
      what: 'the bot to come back',
    });
    await waitUntil(
      async () => {
        await ada.send(room, 'with the bot again');
        return irc.lines.some(({ params }) => params[1] === 'with the bot again');
      },
      { timeoutMs: 20_000, what: 'lines to pass again' },
    );
    assert.ok(!(await ada.history(room)).some(({ content }) => content.body === 'into the void'));
    await irc.quit();
  });
});
