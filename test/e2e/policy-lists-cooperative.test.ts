import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { startWatched, type Watched, withAccount } from './invariants/watched.ts';

const PATIENT = { timeoutMs: 30_000 };
const COMMONS = '#commons';
const GHOST = (name: string): string => `@_causeway_home_${name}:shard.test`;

describe('policy lists beside an authority', () => {
  let coop: Watched;
  let list: string;
  let quietList: string;
  let room: string;
  let op: IrcUser;
  const members = { ada: { roles: ['council'], irc: 'home/ada' }, bea: {} };

  before(async () => {
    coop = await startWatched('policy-coop', ['ada', 'bea', 'mod'], members, {
      channels: [
        { channel: COMMONS, require: 'none' },
        { channel: '#quiet', require: 'none', policyLists: ['#quiet-bans'] },
      ],
      config: { moderation: { policyLists: ['#coc'] } },
    });
    const mod = coop.shard.person('mod');
    list = await mod.createRoom({ preset: 'public_chat', room_alias_name: 'coc' });
    quietList = await mod.createRoom({ preset: 'public_chat', room_alias_name: 'quiet-bans' });
    await coop.until('admin', 'ada', 'invite');
    await coop.enter('admin', 'ada');
    room = await coop.enter('commons', 'ada');
    await coop.enter('commons', 'bea');
    await coop.shard.person('ada').startSync();
    op = await IrcUser.connect({ port: coop.shard.ircPort, nick: 'olga', channels: [COMMONS] });
    op.sendLine(`OPER ${coop.shard.ergo?.oper.name} ${coop.shard.ergo?.oper.password}`);
    op.sendLine(`SAMODE ${COMMONS} +o causeway`);
    await op.flush();
    await noted(/#coc:shard\.test is followed/);
  });
  after(() => coop?.shard.stop());

  const rule = (key: string, entity: string | undefined, where = list) =>
    coop.shard
      .person('mod')
      .setState(
        where,
        'm.policy.rule.user',
        key,
        entity === undefined ? {} : { entity, recommendation: 'm.ban', reason: 'spam' },
      );
  const noted = (words: RegExp) =>
    waitUntil(
      async () => {
        const { bridge } = (await coop.shard.status()) as { bridge: { notes: string[] } };
        return bridge.notes.some((note) => words.test(note));
      },
      { ...PATIENT, what: `the status to say ${words}` },
    );
  const speaks = async (who: IrcUser, text: string, channel = COMMONS): Promise<void> => {
    who.say(channel, text);
    await coop.shard.person('ada').waitFor((event) => event.content.body === text, { ...PATIENT, what: text });
  };
  const told = (words: RegExp) =>
    waitUntil(async () => (await coop.reports()).find((text) => words.test(text)), {
      ...PATIENT,
      what: `the admin room to be told ${words}`,
    });
  const bans = async (): Promise<string[]> => {
    const from = op.lines.length;
    op.sendLine(`MODE ${COMMONS} +b`);
    await op.flush();
    return op.lines.slice(from).flatMap(({ command, params }) => (command === '367' ? [params[2] ?? ''] : []));
  };
  const membership = async (userId: string): Promise<string> =>
    String((await coop.shard.bot().state(room, 'm.room.member', userId)).membership);

  test('a list means nobody whom the cooperative knows, and admins hear whom it meant and whom it spared', async () => {
    const ada = await withAccount(coop.shard.ircPort, 'ada', [COMMONS], 'ada');
    const pest = await IrcUser.connect({ port: coop.shard.ircPort, nick: 'pest', channels: [COMMONS] });
    await speaks(ada, 'I am a member');
    await speaks(pest, 'I am not');
    await rule('all', '@_causeway_home_a+*');
    await rule('pest', GHOST('pest'));
    await rule('bea', '@b*:shard.test');
    await pest.waitFor(({ command }) => command === 'KICK', { ...PATIENT, what: 'the kick' });
    await speaks(ada, 'still a member');
    await coop.shard.person('bea').send(room, 'me too');
    await waitUntil(() => op.said(COMMONS).some(({ text }) => text === 'me too'), { ...PATIENT, what: 'me too' });
    assert.equal(await membership(GHOST('a+ada')), 'join');
    await told(/pest \(home\) was put out of #commons: shut out by the policy list #coc:shard\.test: spam\./);
    await told(/means ada \(home\) .*whom the cooperative knows/);
    await told(/means @bea:shard\.test .*whom the cooperative knows/);
    const audit = (await coop.audit()).filter(({ actor, phase }) => actor === 'policy' && phase === 'outcome');
    assert.deepEqual(audit.map(({ subject, action, result }) => [subject, action, result]).sort(), [
      [GHOST('pest'), 'ban', 'done'],
      [GHOST('pest'), 'irc.kick', 'done'],
    ]);
    for (const key of ['all', 'bea']) await rule(key, undefined);
  });

  test('what the cooperative keeps of a channel leaves alone what a list did there', async () => {
    await coop.list({ ...members, cem: { status: 'expelled', irc: 'home/cem' } });
    await waitUntil(async () => (await bans()).includes('cem!*@*'), { ...PATIENT, what: 'the expelled to be banned' });
    assert.ok((await bans()).includes('pest!*@*'));
    await rule('pest', undefined);
    await waitUntil(async () => !(await bans()).includes('pest!*@*'), { ...PATIENT, what: 'the ban to be lifted' });
    assert.ok((await bans()).includes('cem!*@*'));
  });

  test('a rule that means most of a channel silences them, and puts them out when somebody says that it is meant', async () => {
    const crowd = await Promise.all(
      Array.from({ length: 7 }, (_, at) =>
        IrcUser.connect({ port: coop.shard.ircPort, nick: `crowd${at}`, channels: [COMMONS] }),
      ),
    );
    await rule('crowd', '@_causeway_home_crowd*:shard.test');
    const report = await told(/Policy lists mean 7 of the people of #commons at once/);
    crowd[0]?.say(COMMONS, 'unheard');
    assert.ok(crowd.every((one) => !one.lines.some(({ command }) => command === 'KICK')));
    const hash = /confirm ([0-9a-f]+)/.exec(report)?.[1] ?? '';
    assert.match(await coop.command('ada', 'admin', `!causeway confirm ${hash}`), /goes on/);
    for (const one of crowd)
      await one.waitFor(({ command, params }) => command === 'KICK' && params[1] === one.nick, {
        ...PATIENT,
        what: `${one.nick} to be put out`,
      });
    const bodies = (await coop.shard.person('ada').history(room)).map(({ content }) => content.body);
    assert.ok(!bodies.includes('unheard'));
    await rule('crowd', undefined);
    await waitUntil(async () => !(await bans()).some((mask) => mask.startsWith('crowd')), {
      ...PATIENT,
      what: 'all of it to be undone',
    });
  });

  test('a list of one channel holds there and nowhere else', async () => {
    const quiet = await coop.enter('quiet', 'ada');
    await noted(/#quiet-bans:shard\.test is followed: 0 rules/);
    const loud = await IrcUser.connect({ port: coop.shard.ircPort, nick: 'loud', channels: [COMMONS, '#quiet'] });
    await rule('loud', GHOST('loud'), quietList);
    await noted(/#quiet-bans:shard\.test is followed: 1 rules/);
    loud.say('#quiet', 'not here');
    await speaks(loud, 'but here');
    await speaks(op, 'later', COMMONS);
    await op.join('#quiet');
    await speaks(op, 'later there', '#quiet');
    const bodies = (await coop.shard.person('ada').history(quiet)).map(({ content }) => content.body);
    assert.ok(!bodies.includes('not here'));
  });
});
