import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { NetworkEvent } from '../../src/core/events.ts';
import { type FakeClient, FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const CAPS = 'batch message-tags server-time extended-join account-tag';
const ISUPPORT = 'PREFIX=(ov)@+ CHANMODES=beIq,k,l,imnpst CASEMAPPING=ascii EXTBAN=,m CHANTYPES=#';
const ALICE = person('Alice');

type Scene = {
  readonly world: NetworkWorld;
  readonly bot: FakeClient;
  /** What the server says when it is asked for the channel's modes. */
  readonly modes: { now: string };
  /** How often it was asked. */
  readonly asked: () => number;
  readonly server: FakeIrcServer;
};

/** @param keptOut the server's answer to a JOIN of anybody but the bot */
async function scene(t: TestContext, now = '+nt', config: object = {}, keptOut?: string): Promise<Scene> {
  const modes = { now };
  let asked = 0;
  const server = await FakeIrcServer.start({
    caps: CAPS,
    isupport: ISUPPORT,
    answer: ({ nick }, command, params) => {
      if (command === 'JOIN' && keptOut !== undefined && nick !== 'causeway')
        return [`:fake.test ${keptOut} ${nick} ${params[0]} :Cannot join channel`];
      if (command !== 'MODE' || params.length !== 1) return undefined;
      asked++;
      return [`:fake.test 324 ${nick} ${params[0]} ${modes.now}`];
    },
  });
  const world = new NetworkWorld({ port: server.port, config: { ...config } });
  t.after(async () => {
    await world.network.stop('bye');
    await server.stop();
  });
  await world.listening();
  return { world, bot: await server.client('causeway'), modes, asked: () => asked, server };
}

const of = <K extends NetworkEvent['kind']>(world: NetworkWorld, kind: K): Extract<NetworkEvent, { kind: K }>[] =>
  world.memory.events.filter((event): event is Extract<NetworkEvent, { kind: K }> => event.kind === kind);

/** How the channel was told to be, one after another. */
const told = ({ world }: Scene) =>
  of(world, 'walls').map(({ walls, rules }) => ({
    walls: walls.join(),
    moderated: rules?.moderated,
    topicLocked: rules?.topicLocked,
    users: rules?.users,
    nicks: rules?.others.map(({ nick }) => nick),
  }));

const becomes = (at: Scene, count: number) =>
  waitUntil(() => told(at).length >= count, { what: `${count} words about the channel` });

const OPEN = { walls: '', moderated: false, topicLocked: true, users: [], nicks: [] };
const MODERATED = { ...OPEN, moderated: true, nicks: ['carol'] };

describe('modes of a channel', { timeout: 60_000 }, () => {
  test('are asked for on entering, and told once they have settled', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    at.bot.send(':carol!c@h MODE #commons +mi', ':carol!c@h MODE #commons +k secret', ':carol!c@h MODE #commons -t');
    await becomes(at, 2);
    assert.deepEqual(told(at), [OPEN, { ...MODERATED, walls: 'invited,key', topicLocked: false }]);
    assert.equal(at.asked(), 1);
  });

  test('a thousand changes of a moment are told as one, and none that lead nowhere', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    for (let i = 0; i < 500; i++) at.bot.send(':carol!c@h MODE #commons +m', ':carol!c@h MODE #commons -m');
    at.bot.send(':carol!c@h MODE #commons +i', 'PING :all-read');
    await at.bot.got(/^PONG all-read/);
    await becomes(at, 2);
    assert.deepEqual(told(at), [OPEN, { ...OPEN, walls: 'invited' }]);
  });

  test('without end are told now and then all the same', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    let flips = 0;
    at.bot.send(':carol!c@h MODE #commons +m');
    await waitUntil(
      () => {
        at.bot.send(`:carol!c@h MODE #commons ${++flips % 2 === 0 ? '-' : '+'}t`);
        return told(at).length > 1;
      },
      { what: 'a word in the midst of it' },
    );
  });

  test('name who may speak, ours and theirs, as it changes', async (t) => {
    const at = await scene(t, '+ntm');
    await becomes(at, 1);
    assert.deepEqual(told(at), [MODERATED]);
    await at.world.network.voice(ALICE, '#commons');
    at.bot.send(
      ':Alice!u@h JOIN #commons * :Alice',
      ':dave!d@h JOIN #commons dave :Dave',
      ':carol!c@h MODE #commons +vv Alice dave',
    );
    await becomes(at, 2);
    at.bot.send(':Alice!u@h PART #commons :bye');
    await becomes(at, 3);
    assert.deepEqual(told(at).slice(1), [
      { ...MODERATED, users: [ALICE.userId], nicks: ['carol', 'dave'] },
      { ...MODERATED, nicks: ['carol', 'dave'] },
    ]);
  });

  test('of whom a netsplit takes nothing is told, and nothing twice when they are back', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    const nicks = Array.from({ length: 300 }, (_, i) => `p${i}`);
    const join = nicks.map((nick) => `:${nick}!u@h JOIN #commons * :Somebody`);
    const voice = nicks.map((nick) => `:carol!c@h MODE #commons +v ${nick}`);
    at.bot.send(...join, ...voice, ':carol!c@h MODE #commons +m');
    await becomes(at, 2);
    at.bot.send(...nicks.map((nick) => `:${nick}!u@h QUIT :hub.example leaf.example`), ...join, ...voice);
    at.bot.send(':carol!c@h MODE #commons -m');
    await becomes(at, 3);
    assert.deepEqual(
      told(at).map(({ moderated, nicks: named }) => [moderated, named?.length]),
      [
        [false, 0],
        [true, 301],
        [false, 0],
      ],
    );
  });

  test('that lack their parameters, or are nobody’s, are asked for anew', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    at.modes.now = '+ntm';
    at.bot.send(':carol!c@h MODE #commons +ovk', ':carol!c@h MODE #commons', ':carol!c@h MODE');
    await becomes(at, 2);
    assert.deepEqual([told(at).at(-1), at.asked()], [MODERATED, 2]);
    at.modes.now = '+nt';
    at.bot.send(':carol!c@h MODE #commons +Z-m one two');
    await becomes(at, 3);
    assert.deepEqual(told(at).at(-1), OPEN);
  });

  test('are told anew only where they changed while the connection was lost', async (t) => {
    const at = await scene(t);
    await becomes(at, 1);
    at.bot.drop();
    await waitUntil(() => at.asked() === 2, { what: 'the question after the reconnect' });
    await at.world.listening();
    at.modes.now = '+ntk';
    (await at.server.client('causeway')).drop();
    await becomes(at, 2);
    assert.deepEqual(told(at), [OPEN, { ...OPEN, walls: 'key' }]);
  });

  test('are asked for when one of ours was kept out: that answer may be older than what the bot heard', async (t) => {
    const at = await scene(t, '+nt', {}, '473');
    await becomes(at, 1);
    const voice = await at.world.network.voice(ALICE, '#commons');
    assert.equal(voice.ok ? 'in' : voice.error.code, 'irc_473');
    await waitUntil(() => at.asked() === 2, { what: 'the question' });
    at.bot.send(':carol!c@h MODE #commons +k secret');
    await waitUntil(() => told(at).some(({ walls }) => walls.includes('key')), { what: 'the key' });
    assert.deepEqual(told(at).at(-1), { ...OPEN, walls: 'key' });
  });

  test('are told anew where a channel is linked again after its link was gone', async (t) => {
    const at = await scene(t, '+nti');
    await becomes(at, 1);
    at.world.network.setChannels([]);
    await at.bot.got(/^PART #commons/);
    at.world.network.setChannels([{ channel: '#commons' }]);
    await becomes(at, 2);
    assert.deepEqual(told(at), [
      { ...OPEN, walls: 'invited' },
      { ...OPEN, walls: 'invited' },
    ]);
  });

  test('silence nobody where the bot speaks for everybody and may', async (t) => {
    const at = await scene(t, '+ntm', { puppets: { mode: 'relay' } });
    await becomes(at, 1);
    at.bot.send(':carol!c@h MODE #commons +v causeway');
    await becomes(at, 2);
    assert.deepEqual(told(at), [MODERATED, OPEN]);
  });
});

describe('one of ours', { timeout: 60_000 }, () => {
  const known = (at: Scene): Promise<unknown> =>
    waitUntil(() => at.world.memory.puppets.get(ALICE.userId)?.prefix ?? undefined, { what: 'the address of Alice' });

  test('who is silenced is named, by mask, list and extended mask', async (t) => {
    const at = await scene(t);
    await at.world.network.voice(ALICE, '#commons');
    const alice = await at.server.client('Alice');
    alice.send(`:${alice.prefix} JOIN #commons * :Alice`);
    await known(at);
    at.bot.send(
      ':carol!c@h MODE #commons +q Alice!*@*',
      ':carol!c@h MODE #commons -q+b Alice!*@* m:*!u@h.example',
      ':carol!c@h MODE #commons +q somebody!*@*',
      ':carol!c@h MODE #commons +b Alice!*@*',
      ':carol!c@h MODE #commons +q',
    );
    await waitUntil(() => of(at.world, 'quiet').length >= 3, { what: 'three words about Alice' });
    assert.deepEqual(
      of(at.world, 'quiet').map(({ userId, silenced, source }) => [userId, silenced, source.nick]),
      [
        [ALICE.userId, true, 'carol'],
        [ALICE.userId, false, 'carol'],
        [ALICE.userId, true, 'carol'],
      ],
    );
  });

  test('who was invited by somebody without power is invited by an operator all the same', async (t) => {
    const at = await scene(t);
    await at.world.network.voice(ALICE, '#commons');
    const alice = await at.server.client('Alice');
    for (const channel of ['commons', ...Array.from({ length: 12 }, (_, i) => `spam${i}`)])
      alice.send(`:mallory!x@h INVITE Alice #${channel}`);
    for (let i = 0; i < 3; i++) alice.send(':carol!c@h INVITE Alice #commons');
    alice.send('PING :all-read');
    await alice.got(/^PONG all-read/);
    await waitUntil(() => of(at.world, 'message').length >= 9, { what: 'the private words' });
    assert.deepEqual(
      of(at.world, 'invite').map(({ source, byPower }) => [source.nick, byPower]),
      [
        ['mallory', false],
        ['carol', true],
      ],
    );
  });

  test('who has no connection of their own invites nobody by the bot’s power: an operator’s word lets banned people in', async (t) => {
    const at = await scene(t, '+nt', { puppets: { mode: 'relay' } });
    await becomes(at, 1);
    const invite = async () => {
      const voice = await at.world.network.voice(ALICE, '#commons');
      const done = voice.ok ? await voice.value.invite?.('dave') : voice;
      return done?.ok === false ? done.error.code : 'invited';
    };
    const op = async (sign: string) => {
      at.bot.send(`:carol!c@h MODE #commons ${sign}o causeway`, `PING :read${sign}`);
      await at.bot.got(sign === '+' ? /^PONG read\+/ : /^PONG read-/);
    };
    await op('+');
    assert.equal(await invite(), 'irc_no_own_power');
    assert.deepEqual(
      at.bot.lines.filter((line) => line.includes('INVITE')),
      [],
    );
    await op('-');
    void invite();
    await at.bot.got(/INVITE dave #commons$/);
  });

  test('who is invited into the linked channel is named, into another told in private, and seldom', async (t) => {
    const at = await scene(t);
    await at.world.network.voice(ALICE, '#commons');
    const alice = await at.server.client('Alice');
    const invite = (by: string, channel: string): void => alice.send(`:${by}!x@h INVITE Alice :${channel}`);
    invite('carol', '#Commons');
    invite('carol', '#commons');
    for (let i = 0; i < 40; i++) invite('mallory', `#spam${i}`);
    invite('mallory', 'nobody');
    alice.send(':fake.test INVITE Alice #server');
    alice.send('PING :all-read');
    await alice.got(/^PONG all-read/);
    await waitUntil(() => of(at.world, 'message').length >= 10, { what: 'the private words' });
    assert.deepEqual(
      of(at.world, 'invite').map(({ channel, userId, byPower }) => [channel, userId, byPower]),
      [['#commons', ALICE.userId, true]],
    );
    const words = of(at.world, 'message');
    assert.equal(words.length, 10);
    assert.deepEqual(
      [words[0]?.privatelyTo, words[0]?.channel, words[0]?.lines],
      [
        ALICE.userId,
        'mallory',
        ['invites you to #spam0, which is linked to no room here. An admin can add it to the configuration.'],
      ],
    );
  });
});
