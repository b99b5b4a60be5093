import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const GHOST = (nick: string): string => `@_causeway_home_${nick}:shard.test`;
const LIST = '#coc:shard.test';
const PATIENT = { timeoutMs: 20_000 };

describe('policy lists shut people out on both sides, as long as they say so', () => {
  let shard: Shard;
  let room: string;
  let list: string;
  let mod: MatrixUser;
  let op: IrcUser;

  before(async () => {
    shard = await startShard('policy-lists', { channels: ['#commons'], people: ['alice', 'bob'] });
    room = shard.room('#commons');
    await shard.dendrite.register('mod', 'mod-password');
    mod = await MatrixUser.login(shard.dendrite.url, 'mod', 'mod-password');
    list = await mod.createRoom({ preset: 'public_chat', room_alias_name: 'coc', name: 'Bans' });
    op = await shard.ircUser('olga', { channels: ['#commons'] });
    op.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    await makeOperator();
    await follow(['#coc']);
    await noted(/#coc:shard\.test is followed: 0 rules\./);
  });
  after(async () => {
    await mod?.stop();
    await shard?.stop();
  });

  const follow = async (policyLists: readonly string[]): Promise<void> => {
    const config = JSON.parse(await readFile(shard.configPath, 'utf8')) as Record<string, unknown>;
    await writeFile(shard.configPath, JSON.stringify({ ...config, moderation: { policyLists } }));
    process.kill(shard.bridge.pid, 'SIGHUP');
  };
  const makeOperator = async (): Promise<void> => {
    op.sendLine('SAMODE #commons +o causeway');
    await op.flush();
  };
  const rule = (key: string, entity: string | undefined, more: Readonly<Record<string, unknown>> = {}, kind = 'user') =>
    mod.setState(
      list,
      `m.policy.rule.${kind}`,
      key,
      entity === undefined ? {} : { entity, recommendation: 'm.ban', reason: 'spam', ...more },
    );
  const noted = (words: RegExp) =>
    waitUntil(
      async () => {
        const { bridge } = (await shard.status()) as { bridge: { notes: string[] } };
        return bridge.notes.some((note) => words.test(note));
      },
      { ...PATIENT, what: `the status to say ${words}` },
    );
  const speaks = async (who: IrcUser, text: string): Promise<void> => {
    who.say('#commons', text);
    await shard.person('alice').waitFor((event) => event.content.body === text, { ...PATIENT, what: text });
  };
  const membership = (userId: string): Promise<string> =>
    shard
      .bot()
      .state(room, 'm.room.member', userId)
      .then(({ membership: now }) => String(now));
  const stands = (userId: string, wanted: string) =>
    waitUntil(async () => (await membership(userId)) === wanted, { ...PATIENT, what: `${userId} to be ${wanted}` });
  const comesIn = (who: IrcUser) =>
    waitUntil(
      () =>
        who.join('#commons').then(
          () => true,
          () => false,
        ),
      { ...PATIENT, what: `${who.nick} to be let in` },
    );
  const putOut = (who: IrcUser, from: number) =>
    who.waitFor((line) => line.command === 'KICK' && line.params[1] === who.nick, {
      ...PATIENT,
      from,
      what: `${who.nick} to be put out`,
    });
  const bodies = async (): Promise<string[]> =>
    (await shard.person('alice').history(room)).map(({ content }) => String(content.body));
  const bans = async (): Promise<string[]> => {
    const from = op.lines.length;
    op.sendLine('MODE #commons +b');
    await op.flush();
    return op.lines.slice(from).flatMap(({ command, params }) => (command === '367' ? [params[2] ?? ''] : []));
  };

  test('a rule about somebody on IRC bans them in the room and in the channel; taken back, all of that is undone', async () => {
    const pest = await shard.ircUser('pest');
    await speaks(pest, 'buy beans');
    op.sendLine('SAMODE #commons +b somebody!*@else');
    await rule('a', GHOST('pest'));
    const kicked = await putOut(pest, 0);
    assert.equal(kicked.params[2], `shut out by the policy list ${LIST}: spam`);
    await stands(GHOST('pest'), 'ban');
    await assert.rejects(pest.join('#commons'), /474/);
    await rule('a', undefined);
    await stands(GHOST('pest'), 'leave');
    await comesIn(pest);
    await speaks(pest, 'sorry');
    assert.deepEqual(await bans(), ['somebody!*@else']);
    await pest.quit();
  });

  test('a pattern means those who come later too: they are put out before they are heard; a redacted rule is none', async () => {
    const event = await rule('b', '@_causeway_home_spam?*:shard.test');
    await noted(/followed: 1 rules\./);
    const spam = await shard.ircUser('spam1', { channels: [] });
    const from = spam.lines.length;
    spam.sendLine('JOIN #commons');
    spam.say('#commons', 'buy peas at once');
    await putOut(spam, from);
    await mod.redact(list, event);
    await noted(/followed: 0 rules\./);
    await comesIn(spam);
    await speaks(spam, 'no peas');
    assert.ok(!(await bodies()).some((body) => body.includes('at once')));
    await spam.quit();
  });

  test('a rule of another kind about people of Matrix keeps their lines from the channel', async () => {
    const bob = shard.person('bob');
    await bob.send(room, 'before');
    await waitUntil(() => op.said('#commons').some(({ text }) => text === 'before'), { what: 'before' });
    await rule('c', '@bo*:shard.test', { recommendation: 'org.matrix.mjolnir.ban' });
    await noted(/followed: 1 rules\./);
    await op.waitFor(({ command, nick }) => (command === 'PART' || command === 'QUIT') && /bob/i.test(nick ?? ''), {
      ...PATIENT,
      what: 'the connection of bob to leave',
    });
    await bob.send(room, 'behind the rule');
    await shard
      .person('alice')
      .waitFor(
        (event) =>
          /Not delivered to #commons: you are shut out by the policy list #coc/.test(String(event.content.body)),
        { ...PATIENT, what: 'the notice' },
      );
    await rule('c', undefined);
    await noted(/followed: 0 rules\./);
    await bob.send(room, 'after');
    await waitUntil(() => op.said('#commons').some(({ text }) => text === 'after'), { ...PATIENT, what: 'after' });
    assert.ok(!op.said('#commons').some(({ text }) => text.includes('behind the rule')));
  });

  test('rules that mean the bridge itself, and rules that are none, change nothing', async () => {
    await rule('everybody', '@*:*');
    await rule('home', 'shard.test', {}, 'server');
    await rule('numbers', undefined);
    await mod.setState(list, 'm.policy.rule.user', 'numbers', { entity: 7, recommendation: ['m.ban'], reason: {} });
    await noted(/followed: 0 rules, 1 that cannot be understood\./);
    const carl = await shard.ircUser('carl');
    await speaks(carl, 'still here');
    await shard.person('bob').send(room, 'I, too');
    await waitUntil(() => op.said('#commons').some(({ text }) => text === 'I, too'), { ...PATIENT, what: 'I, too' });
    for (const key of ['everybody', 'numbers']) await rule(key, undefined);
    await rule('home', undefined, {}, 'server');
    await noted(/followed: 0 rules\./);
    await carl.quit();
  });

  test('a ban that a moderator set stays when the rule is taken back', async () => {
    const other = await shard.ircUser('other');
    await speaks(other, 'hello');
    await shard
      .bot()
      .request('POST', `/v3/rooms/${encodeURIComponent(room)}/ban`, { user_id: GHOST('other'), reason: 'by hand' });
    op.sendLine('SAMODE #commons +b other!*@*');
    await op.flush();
    const from = other.lines.length;
    await rule('d', GHOST('other'));
    await putOut(other, from);
    await rule('d', undefined);
    await noted(/followed: 0 rules\./);
    const pest = await shard.ircUser('later');
    await speaks(pest, 'long after');
    assert.equal(await membership(GHOST('other')), 'ban');
    assert.ok((await bans()).includes('other!*@*'));
    await Promise.all([other.quit(), pest.quit()]);
  });

  test('what was decided while the bridge was away holds for what was said while it was away', async () => {
    const [eve, dora] = [await shard.ircUser('eve'), await shard.ircUser('dora')];
    await speaks(eve, 'good morning');
    await speaks(dora, 'morning');
    await rule('e', GHOST('eve'));
    await stands(GHOST('eve'), 'ban');
    await shard.bridge.stop();
    await rule('e', undefined);
    await rule('f', GHOST('dora'));
    dora.say('#commons', 'nobody hears me');
    await dora.flush();
    const from = dora.lines.length;
    await shard.restartBridge();
    await stands(GHOST('eve'), 'leave');
    await stands(GHOST('dora'), 'ban');
    await makeOperator();
    await putOut(dora, from);
    await comesIn(eve);
    await speaks(eve, 'good evening');
    assert.ok(!(await bodies()).includes('nobody hears me'));
    await rule('f', undefined);
    await stands(GHOST('dora'), 'leave');
    await Promise.all([eve.quit(), dora.quit()]);
  });

  test('while the network is away the room is brought to it at once, and the channel when the bot may act there again', async () => {
    const fred = await shard.ircUser('fred');
    await speaks(fred, 'hi');
    await shard.ergo?.stop();
    await rule('g', GHOST('fred'));
    await stands(GHOST('fred'), 'ban');
    await shard.ergo?.start();
    op = await shard.ircUser('olga', { channels: [] });
    op.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    const again = await shard.ircUser('fred', { channels: ['#commons'] });
    await op.join('#commons');
    // Whoever comes back first is the operator.
    await waitUntil(
      async () => {
        await makeOperator();
        return again.lines.some(({ command, params }) => command === 'KICK' && params[1] === 'fred');
      },
      { timeoutMs: 40_000, what: 'fred to be put out' },
    );
    await rule('g', undefined);
    await stands(GHOST('fred'), 'leave');
    await comesIn(again);
    await speaks(again, 'back again');
    await again.quit();
  });

  test('a list from which the bot is put out goes on to hold, and is read again when it is let in', async () => {
    await rule('h', GHOST('gus'));
    await noted(/followed: 1 rules\./);
    await mod.request('POST', `/v3/rooms/${encodeURIComponent(list)}/ban`, { user_id: shard.bot().userId });
    await noted(/#coc:shard\.test cannot be read/);
    const gus = await shard.ircUser('gus', { channels: [] });
    gus.sendLine('JOIN #commons');
    gus.say('#commons', 'unheard');
    await putOut(gus, 0);
    await rule('h', undefined);
    await mod.request('POST', `/v3/rooms/${encodeURIComponent(list)}/unban`, { user_id: shard.bot().userId });
    await mod.invite(list, shard.bot().userId);
    await noted(/followed: 0 rules\./);
    await comesIn(gus);
    await speaks(gus, 'heard');
    assert.ok(!(await bodies()).includes('unheard'));
  });

  test('a bridge that is killed while it puts somebody out does the rest, and undoes all of it later', async () => {
    const hal = await shard.ircUser('hal');
    await speaks(hal, 'open the door');
    await shard.restartBridge({ CAUSEWAY_FAILPOINT: 'after-shut-out-noted@1' });
    await makeOperator();
    await rule('i', GHOST('hal'));
    await waitUntil(() => !shard.bridge.isRunning(), { ...PATIENT, what: 'the bridge to be killed' });
    const from = hal.lines.length;
    await shard.restartBridge();
    await stands(GHOST('hal'), 'ban');
    await makeOperator();
    await putOut(hal, from);
    await waitUntil(async () => (await bans()).includes('hal!*@*'), { ...PATIENT, what: 'the ban in the channel' });
    await rule('i', undefined);
    await stands(GHOST('hal'), 'leave');
    await waitUntil(async () => !(await bans()).includes('hal!*@*'), { ...PATIENT, what: 'the ban to be lifted' });
  });

  test('a list that is taken out of the configuration is undone like a rule', async () => {
    const ida = await shard.ircUser('ida');
    await speaks(ida, 'a list is a list');
    await rule('j', GHOST('ida'));
    await putOut(ida, 0);
    await stands(GHOST('ida'), 'ban');
    await follow([]);
    await stands(GHOST('ida'), 'leave');
    await comesIn(ida);
    await speaks(ida, 'free again');
    await follow(['#coc']);
    await stands(GHOST('ida'), 'ban');
  });
});
