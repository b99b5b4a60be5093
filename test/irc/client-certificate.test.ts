import assert from 'node:assert/strict';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execute } from '../../src/sandbox/execute.ts';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

describe('a certificate that the bot shows', { timeout: 30_000 }, () => {
  const dir = makeTempDir('client-certificate');
  const file = (name: string): string => join(dir, name);

  test('may be missing or half written while it is replaced: the next connection shows the new one', async (t) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', file('new.key'), '-out', file('new.crt')];
    const made = await execute('openssl', ['req', '-x509', ...key, '-days', '2', '-subj', '/CN=bot', ...out], {
      cwd: dir,
      timeoutMs: 20_000,
    });
    assert.equal(made.code, 0, made.stderr);
    const server = await FakeIrcServer.start({ caps: 'sasl' });
    const sasl = { mechanism: 'external' as const, certFile: file('bot.crt'), keyFile: file('bot.key') };
    const world = new NetworkWorld({ port: server.port, config: { bot: { nick: 'causeway', sasl } } });
    t.after(async () => {
      await world.network.stop('bye');
      await server.stop();
    });
    await waitUntil(() => /bot\.crt .*cannot be used: ENOENT/.test(world.network.status().problem ?? ''));
    await writeFile(file('bot.crt'), '-----BEGIN CERTIFICATE-----\nMIIB');
    await copyFile(file('new.key'), file('bot.key'));
    await waitUntil(() => /bot\.crt .*cannot be used: .*PEM/i.test(world.network.status().problem ?? ''));
    assert.equal(server.clients.length, 0);
    await copyFile(file('new.crt'), file('bot.crt'));
    await waitUntil(() => server.clients.length > 0);
    await rm(file('bot.crt'));
  });
});
