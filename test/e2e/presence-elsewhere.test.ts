import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { startInspircd } from '../servers/inspircd.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startShard } from './shard.ts';

const CHANNEL = '#commons';
const CAROL = '@_causeway_home_carol:shard.test';

/** ngIRCd tells nobody who is away, unless asked for one person; neither has read markers. */
const SERVERS = [
  { name: 'InspIRCd', start: async () => startInspircd({ dir: makeTempDir('inspircd') }), tells: true },
  { name: 'ngIRCd', start: async () => startNgircd({ dir: makeTempDir('ngircd') }), tells: false },
] as const;

for (const { name, start, tells } of SERVERS)
  describe(`who is away, on ${name}`, { timeout: 300_000 }, () => {
    test('shows as far as the server tells it, and lines pass as they do', async () => {
      const server = await start();
      after(() => server.stop());
      const shard = await startShard(`presence-${name}`, {
        ircPort: server.ports.irc,
        dendrite: { overrides: { global: { presence: { enable_inbound: true, enable_outbound: true } } } },
        network: { presence: { toMatrix: true, toNetwork: true }, readMarkers: true, deliveryMarks: 'events' },
      });
      after(() => shard.stop());
      const [carol, alice, bob] = [await shard.ircUser('carol'), shard.person('alice'), shard.person('bob')];
      after(() => carol.quit());
      const room = shard.room(CHANNEL);
      const statusPath = (userId: string): string => `/v3/presence/${encodeURIComponent(userId)}/status`;
      const shown = async (): Promise<unknown> => {
        const { presence, status_msg: status } = await alice.request('GET', statusPath(CAROL));
        return [presence, status];
      };
      const until = (...expected: readonly unknown[]): Promise<unknown> =>
        waitUntil(async () => isDeepStrictEqual(await shown(), expected), {
          timeoutMs: 20_000,
          what: `carol to be ${expected.join(' ')}`,
        });

      carol.say(CHANNEL, 'hello');
      const { event_id: hello } = await alice.waitFor((event) => event.content.body === 'hello');
      await until('online', '');
      carol.sendLine('AWAY :out for lunch');
      if (tells) await until('unavailable', 'out for lunch');
      await bob.send(room, 'is carol there?');
      await carol.waitFor(({ params }) => params[1] === 'is carol there?');
      const receipt = `/v3/rooms/${encodeURIComponent(room)}/receipt/m.read/${encodeURIComponent(hello)}`;
      await bob.request('POST', receipt, {});
      await bob.request('PUT', statusPath(bob.userId), { presence: 'unavailable', status_msg: 'in the garden' });
      const asked = async (): Promise<string | undefined> => {
        const from = carol.lines.length;
        carol.sendLine('WHOIS bob');
        await carol.waitFor(({ command }) => command === '318', { from });
        return carol.lines.slice(from).find(({ command }) => command === '301')?.params[2];
      };
      await waitUntil(async () => (await asked()) === 'in the garden', { timeoutMs: 20_000, what: 'bob to be away' });
      await bob.send(room, 'still here');
      await carol.waitFor(({ params }) => params[1] === 'still here');
      if (!tells) assert.deepEqual(await shown(), ['online', '']);
    });
  });
