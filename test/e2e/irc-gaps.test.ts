import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startNgircd } from '../servers/ngircd.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { startShard } from './shard.ts';

/** Long enough to tell the last line from the end of listening by a clock that shows seconds. */
const QUIET_MS = 4_000;

describe('on a server without history', { timeout: 120_000 }, () => {
  test('a restart of the bridge leaves a gap as long as it took, and not since the last line', async () => {
    const server = await startNgircd({ dir: makeTempDir('gap-server') });
    after(() => server.stop());
    const shard = await startShard('gap', { ircPort: server.ports.irc, people: ['alice'] });
    after(() => shard.stop());
    const [carol, alice] = [await shard.ircUser('carol'), shard.person('alice')];
    carol.say('#commons', 'the last line');
    await alice.waitFor((event) => event.content.body === 'the last line');
    const saidMs = Date.now();
    await waitUntil(() => Date.now() - saidMs > QUIET_MS);
    const stoppedMs = Date.now();
    await shard.restartBridge();
    const notice = await alice.waitFor((event) => /may be missing/.test(String(event.content.body)));
    const [, from = '', to = ''] = /between ([\d: -]+) and ([\d: -]+) UTC/.exec(String(notice.content.body)) ?? [];
    const atMs = (time: string): number => Date.parse(`${time}Z`);
    assert.ok(atMs(from) >= stoppedMs - 1_000, `from ${from}, stopped at ${new Date(stoppedMs).toISOString()}`);
    assert.ok(atMs(to) >= atMs(from) && atMs(to) <= Date.now());
    carol.say('#commons', 'the next line');
    await alice.waitFor((event) => event.content.body === 'the next line');
  });
});
