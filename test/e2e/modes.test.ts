import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startErgo } from '../servers/ergo.ts';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, MatrixRefusal, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startCooperative } from './cooperative.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const LEVELS = 'm.room.power_levels';
/** Changes that lie no further apart are one write. */
const GATHERED_MS = 400;
const DOOR = 'm.room.join_rules';
const GHOST = (nick: string): string => `@_causeway_home_${nick}:shard.test`;

/** `quiet`: how one silences a mask there. */
const SERVERS = [
  { name: 'Ergo', start: () => startErgo({ dir: makeTempDir('modes-ergo') }), quiet: '+b m:' },
  {
    name: 'InspIRCd',
    start: () => startInspircd({ dir: makeTempDir('modes-inspircd'), more: '<module name="samode">' }),
    quiet: '+b m:',
  },
  { name: 'ngIRCd', start: () => startNgircd({ dir: makeTempDir('modes-ngircd') }), quiet: undefined },
] as const;

const SAMODE = ['OPER oper oper-in-a-test', `SAMODE ${CHANNEL} +o olga`];

type Scene = { readonly shard: Shard; readonly op: IrcUser; readonly room: string; readonly port: number };
type Levels = {
  readonly events_default: number;
  readonly events: Readonly<Record<string, number>>;
  readonly users: Readonly<Record<string, number>>;
};

for (const { name, start, quiet } of SERVERS)
  describe(`modes of a channel on ${name}`, { timeout: 300_000 }, () => {
    let scene: Promise<Scene> | undefined;
    const ending: (() => Promise<unknown>)[] = [];
    after(async () => {
      for (const end of ending.reverse()) await end();
    });

    /** One deployment for all tests: `olga` made the channel, `alice` is admin of its room. */
    const here = (): Promise<Scene> => {
      scene ??= make();
      return scene;
    };
    const make = async (): Promise<Scene> => {
      const server = await start();
      ending.push(() => server.stop());
      const port = server.ports.irc;
      const op = await IrcUser.connect({ port, nick: 'olga', channels: [CHANNEL] });
      // There nobody is an operator for having come first.
      if (name === 'InspIRCd') for (const line of SAMODE) op.sendLine(line);
      op.sendLine(`MODE ${CHANNEL} +nt`);
      const shard = await startShard(`modes-${name}`, { ircPort: port, channels: [CHANNEL] });
      ending.push(() => shard.stop());
      const room = shard.room(CHANNEL);
      const levels = await shard.bot().state(room, LEVELS);
      const users = { ...(levels.users as object), [shard.person('alice').userId]: 100 };
      await shard.bot().setState(room, LEVELS, '', { ...levels, users, 'org.example.note': 'ours' });
      for (const who of ['alice', 'bob']) {
        await shard.person(who).send(room, `hello of ${who}`);
        await op.waitFor(({ params }) => params[1] === `hello of ${who}`, { what: `${who}'s line` });
      }
      return { shard, op, room, port };
    };
    const levels = async ({ shard, room }: Scene): Promise<Levels> =>
      (await shard.bot().state(room, LEVELS)) as unknown as Levels;
    const door = async ({ shard, room }: Scene): Promise<unknown> => (await shard.bot().state(room, DOOR)).join_rule;
    const becomes = (what: string, look: () => Promise<boolean>) => waitUntil(look, { what, timeoutMs: 20_000 });
    const puppet = async ({ op }: Scene, who: string): Promise<string> =>
      op.lines.find(({ command, params }) => command === 'PRIVMSG' && params[1] === `hello of ${who}`)?.nick ?? '';
    const writes = async ({ shard, room }: Scene, type: string): Promise<number> =>
      (await shard.bot().history(room)).filter((event) => event.type === type && event.sender === shard.bot().userId)
        .length;

    test('+m lets those speak in the room who may in the channel, and -m puts it back to the byte', async () => {
      const at = await here();
      const { shard, op, room, port } = at;
      const before = await levels(at);
      const ann = await IrcUser.connect({ port, nick: 'ann', channels: [CHANNEL] });
      op.sendLine(`MODE ${CHANNEL} +v ann`);
      op.sendLine(`MODE ${CHANNEL} +m`);
      await becomes('the room to be moderated', async () => (await levels(at)).events_default === 1);
      const raised = await levels(at);
      assert.deepEqual([raised.users[GHOST('ann')], raised.users[GHOST('olga')]], [1, 1]);
      ann.say(CHANNEL, 'with a voice');
      const heard = await shard.person('alice').waitFor((event) => event.content.body === 'with a voice');
      assert.equal(heard.sender, GHOST('ann'));
      await assert.rejects(shard.person('bob').send(room, 'without'), MatrixRefusal);
      op.sendLine(`MODE ${CHANNEL} +v ${await puppet(at, 'bob')}`);
      await becomes('bob to have a voice', async () => (await levels(at)).users[shard.person('bob').userId] === 1);
      await shard.person('bob').send(room, 'with a voice, too');
      await op.waitFor(({ params }) => params[1] === 'with a voice, too', { what: 'what bob says' });
      op.sendLine(`MODE ${CHANNEL} -m`);
      await becomes('the room to be open', async () => (await levels(at)).events_default === 0);
      assert.equal(JSON.stringify(await levels(at)), JSON.stringify(before));
      await ann.quit();
    });

    test('a storm of changes is a write or two', async () => {
      const at = await here();
      const before = await writes(at, LEVELS);
      const beganMs = performance.now();
      // As operators' programs do it: all at once.
      for (let i = 0; i < 50; i++) at.op.sendLine(`MODE ${CHANNEL} +m-m+m`);
      await at.op.flush(30_000);
      await becomes('the room to be moderated', async () => (await levels(at)).events_default === 1);
      at.op.sendLine(`MODE ${CHANNEL} -m`);
      await becomes('the room to be open', async () => (await levels(at)).events_default === 0);
      // A server that is held up sends the storm in gusts; what lies further apart is written apart. Pages of Dendrite may leave one out.
      const gusts = Math.floor((performance.now() - beganMs) / GATHERED_MS);
      const made = (await writes(at, LEVELS)) - before;
      assert.ok(made <= 2 + gusts, `${made} writes for 150 changes in ${gusts} gusts`);
    });

    test('+i and +k close the room, and it opens when both are gone', async () => {
      const at = await here();
      assert.equal(await door(at), 'public');
      at.op.sendLine(`MODE ${CHANNEL} +ik secret`);
      await becomes('the room to close', async () => (await door(at)) === 'invite');
      at.op.sendLine(`MODE ${CHANNEL} -i`);
      at.op.sendLine(`MODE ${CHANNEL} -k secret`);
      await becomes('the room to open', async () => (await door(at)) === 'public');
    });

    test('-t lets everybody change the topic, +t operators alone', async () => {
      const at = await here();
      at.op.sendLine(`MODE ${CHANNEL} -t`);
      await becomes('the topic to be everybody’s', async () => (await levels(at)).events['m.room.topic'] === 0);
      at.op.sendLine(`MODE ${CHANNEL} +t`);
      await becomes('the topic to be the operators’', async () => (await levels(at)).events['m.room.topic'] === 50);
    });

    test('what was changed while the bridge was away holds when it is back', async () => {
      const at = await here();
      const before = await levels(at);
      await at.shard.bridge.stop();
      at.op.sendLine(`MODE ${CHANNEL} +mi`);
      await at.op.flush();
      await at.shard.restartBridge();
      // Kept out itself, the bridge knows that much, and no more before it is let in.
      await becomes('the room to close', async () => (await door(at)) === 'invite');
      at.op.sendLine(`INVITE causeway ${CHANNEL}`);
      await becomes('the room to follow', async () => (await levels(at)).events_default === 1);
      await at.shard.bridge.stop();
      at.op.sendLine(`MODE ${CHANNEL} -mi`);
      await at.op.flush();
      await at.shard.restartBridge();
      await becomes('the room to follow back', async () => (await levels(at)).events_default === 0);
      await becomes('the room to open', async () => (await door(at)) === 'public');
      assert.equal(JSON.stringify(await levels(at)), JSON.stringify(before));
    });

    if (name === 'Ergo')
      test('and does so whenever the bridge is killed in the midst of it', async () => {
        const at = await here();
        const before = await levels(at);
        for (const afterMs of [350, 420, 460, 500, 600]) {
          const changed = performance.now();
          at.op.sendLine(`MODE ${CHANNEL} +mk secret`);
          await waitUntil(() => performance.now() - changed > afterMs);
          await at.shard.bridge.kill9();
          at.op.sendLine(`MODE ${CHANNEL} -mk secret`);
          await at.op.flush();
          await at.shard.restartBridge();
          await becomes('the bridge to be back', async () => {
            const portals = (await at.shard.status()).portals as readonly { readonly state: string }[];
            return portals.every(({ state }) => state === 'linked');
          });
          await becomes('the levels to be as they were', async () => {
            return JSON.stringify(await levels(at)) === JSON.stringify(before);
          });
          await becomes('the room to be open', async () => (await door(at)) === 'public');
        }
      });

    test('what a room’s admin does is tried in the channel by their own power there', async () => {
      const at = await here();
      const { shard, op, room } = at;
      const alice = shard.person('alice');
      const before = await levels(at);
      await alice.send(room, 'back again');
      await op.waitFor(({ params }) => params[1] === 'back again', { what: 'alice’s connection' });
      await alice.setState(room, LEVELS, '', { ...before, events_default: 50 });
      const told = (): Promise<unknown> =>
        alice.waitFor((event) => /What people may do stays as it is/.test(String(event.content.body)), {
          what: 'the notice',
        });
      await told();
      await alice.setState(room, LEVELS, '', before);
      op.sendLine(`MODE ${CHANNEL} +o ${await puppet(at, 'alice')}`);
      await op.flush();
      const from = op.lines.length;
      const sets = (modes: string) =>
        op.waitFor(({ command, params }) => command === 'MODE' && params[1] === modes, { from, what: modes });
      await alice.setState(room, LEVELS, '', { ...before, events_default: 50 });
      assert.match((await sets('+m')).nick ?? '', /alice/i);
      await becomes('those with a voice to be let speak', async () => (await levels(at)).events_default === 1);
      await alice.setState(room, DOOR, '', { join_rule: 'invite' });
      await sets('+i');
      await alice.setState(room, DOOR, '', { join_rule: 'public' });
      await sets('-i');
      await alice.setState(room, LEVELS, '', { ...(await levels(at)), events_default: 0 });
      await sets('-m');
      await becomes(
        'the room to be as it was',
        async () => JSON.stringify(await levels(at)) === JSON.stringify(before),
      );
      await alice.send(room, 'all done');
      await op.waitFor(({ params }) => params[1] === 'all done', { what: 'the last line' });
      const changes = op.lines.slice(from).flatMap(({ command, params }) => (command === 'MODE' ? [params[1]] : []));
      assert.deepEqual(changes, ['+m', '+i', '-i', '-m']);
    });

    test('an invitation on one side is one on the other', async () => {
      const at = await here();
      const { shard, op, room, port } = at;
      const dora = await IrcUser.connect({ port, nick: 'dora' });
      await shard.person('alice').invite(room, GHOST('dora'));
      const called = await dora.waitFor(({ command }) => command === 'INVITE', { what: 'the invitation on IRC' });
      assert.deepEqual([called.params[0], called.params[1]], ['dora', CHANNEL]);
      assert.match(called.nick ?? '', /alice/i);
      const bob = shard.person('bob');
      await bob.startSync();
      const nick = await puppet(at, 'bob');
      await bob.send(room, 'about to go');
      await op.waitFor(({ params }) => params[1] === 'about to go', { what: 'bob’s connection' });
      dora.sendLine('JOIN #elsewhere');
      await dora.flush();
      op.sendLine('SAMODE #elsewhere +o dora');
      await op.flush();
      dora.sendLine(`INVITE ${nick} #elsewhere`);
      await waitUntil(
        async () => {
          const { rooms } = (await bob.request('GET', '/v3/sync?timeout=0')) as {
            rooms?: { invite?: Record<string, unknown> };
          };
          const [direct] = Object.keys(rooms?.invite ?? {});
          if (direct === undefined) return false;
          await bob.join(direct);
          return true;
        },
        { what: 'the room for two', timeoutMs: 20_000 },
      );
      await bob.waitFor((event) => /invites you to #elsewhere/.test(String(event.content.body)), {
        what: 'the word of the invitation',
        timeoutMs: 20_000,
      });
      await dora.quit();
    });

    if (quiet !== undefined)
      test('whoever is silenced is told so', async () => {
        const at = await here();
        const nick = await puppet(at, 'bob');
        at.op.sendLine(`MODE ${CHANNEL} ${quiet}${nick}!*@*`);
        const told = await at.shard
          .person('alice')
          .waitFor((event) => /silenced @bob:shard\.test in #commons/.test(String(event.content.body)), {
            what: 'the notice',
          });
        assert.deepEqual(told.content['m.mentions'], { user_ids: [at.shard.person('bob').userId] });
      });
  });

describe('modes of a channel whose room the cooperative keeps', { timeout: 120_000 }, () => {
  test('change nothing in it: the directory decides who comes in and who speaks', async (t) => {
    const channels = [{ channel: '#members' }, { channel: CHANNEL, require: 'none' }];
    const coop = await startCooperative('modes-kept', ['ada'], { ada: { roles: ['council'] } }, { channels });
    t.after(() => coop.shard.stop());
    const { shard } = coop;
    await coop.until('willow', 'ada', 'invite');
    await coop.enter('willow', 'ada');
    await coop.opened('members', 'restricted');
    const kept = { members: await coop.enter('members', 'ada'), commons: await coop.enter('commons', 'ada') };
    const ada = shard.person('ada');
    await ada.startSync();
    const stand = () =>
      Promise.all(Object.values(kept).flatMap((room) => [LEVELS, DOOR].map((type) => shard.bot().state(room, type))));
    await waitUntil(async () => (await coop.power('commons', 'ada')) === 75, { what: 'ada to have power' });
    const before = await stand();
    const oper = await IrcUser.connect({ port: shard.ircPort, nick: 'oper', channels: [CHANNEL] });
    oper.sendLine(`OPER ${shard.ergo?.oper.name} ${shard.ergo?.oper.password}`);
    for (const channel of ['#members', CHANNEL]) oper.sendLine(`SAMODE ${channel} +mk-t secret`);
    await oper.flush();
    await ada.waitFor(
      (event) =>
        event.content.body ===
        `${CHANNEL} is moderated now: only those whom its operators gave a voice there can speak.`,
      {
        what: 'the word that it is moderated',
      },
    );
    oper.sendLine(`SAMODE ${CHANNEL} -m`);
    await ada.waitFor((event) => event.content.body === `Everybody may speak in ${CHANNEL} again.`, {
      what: 'the word that it is not',
    });
    assert.deepEqual(await stand(), before);
    const said = (await ada.history(kept.members)).map(({ content }) => String(content.body));
    assert.ok(!said.some((body) => body.includes('by invitation')));
  });
});
