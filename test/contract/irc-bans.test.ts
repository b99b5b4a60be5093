import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ChannelBans, ChannelGuard } from '../../src/ports/network.ts';
import { NetworkWorld } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startInspircdWithServices } from './inspircd-services.ts';

const CHANNEL = '#commons';
const dir = makeTempDir('irc-bans');

type Scene = {
  readonly port: number;
  /** Makes the bot an operator, where it is none by coming first. */
  readonly makeOperator: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const SERVERS: readonly (readonly [name: string, start: () => Promise<Scene>])[] = [
  [
    'Ergo',
    async () => {
      const ergo = await startErgo({ dir: join(dir, 'ergo') });
      return { port: ergo.ports.irc, makeOperator: async () => {}, stop: ergo.stop };
    },
  ],
  [
    'InspIRCd',
    async () => {
      const { server, services: link } = await startInspircdWithServices(join(dir, 'inspircd'));
      const services = await link();
      const stop = async (): Promise<void> => {
        services.unlink();
        await server.stop();
      };
      return { port: server.ports.irc, makeOperator: () => services.op(CHANNEL, 'causeway'), stop };
    },
  ],
  [
    'ngIRCd',
    async () => {
      const server = await startNgircd({ dir: join(dir, 'ngircd') });
      return { port: server.ports.irc, makeOperator: async () => {}, stop: server.stop };
    },
  ],
];

describe('single bans of a channel', { timeout: 120_000 }, () => {
  for (const [name, start] of SERVERS)
    test(`are set and taken away on ${name}, and those of others stay`, async (t) => {
      const { port, makeOperator, stop } = await start();
      const world = new NetworkWorld({ port });
      t.after(async () => {
        await world.network.stop('bye');
        await stop();
      });
      await world.listening();
      await makeOperator();
      const { guard } = world.network as { guard?: ChannelGuard & { readonly bans?: ChannelBans } };
      const bans = guard?.bans;
      assert.ok(guard !== undefined && bans !== undefined);
      await waitUntil(() => guard.mayAct(CHANNEL), { what: 'the bot to be an operator' });
      const op = await IrcUser.connect({ port, nick: 'olga', channels: [CHANNEL] });
      await waitUntil(() => guard.members(CHANNEL).length === 1, { what: 'olga to be seen' });
      await guard.setStatus(CHANNEL, 'olga', 'o');
      op.sendLine(`MODE ${CHANNEL} +b theirs!*@*`);
      await op.flush();
      const listed = async (): Promise<string[]> => {
        const from = op.lines.length;
        op.sendLine(`MODE ${CHANNEL} +b`);
        await op.flush();
        return op.lines
          .slice(from)
          .flatMap(({ command, params }) => (command === '367' ? [(params[2] ?? '').toLowerCase()] : []))
          .sort();
      };
      const mask = bans.maskOf({ nick: 'Pest', account: null });
      assert.equal(mask, 'Pest!*@*');
      assert.deepEqual(await bans.add(CHANNEL, mask), { ok: true, value: 'set' });
      assert.deepEqual(await bans.add(CHANNEL, mask), { ok: true, value: 'set' });
      assert.deepEqual(await bans.add(CHANNEL, 'THEIRS!*@*'), { ok: true, value: 'there' });
      assert.deepEqual(await listed(), ['pest!*@*', 'theirs!*@*']);
      const pest = await IrcUser.connect({ port, nick: 'pest' });
      await assert.rejects(pest.join(CHANNEL), /474/);
      for (const one of [mask, mask, 'theirs!*@*', 'nobody!*@*'])
        assert.deepEqual(await bans.remove(CHANNEL, one), { ok: true, value: undefined });
      assert.deepEqual(await listed(), ['theirs!*@*']);
      await pest.join(CHANNEL);
      const code = await bans.add('#elsewhere', mask);
      assert.equal(code.ok ? '' : code.error.code, 'irc_not_operator');
    });
});
