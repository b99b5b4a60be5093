import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { execute } from '../../src/sandbox/execute.ts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { startErgo } from '../servers/ergo.ts';
import { IrcUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

type Certificate = { readonly certFile: string; readonly keyFile: string; readonly fingerprint: string };

describe('a login by client certificate, on a real server over TLS', { timeout: 60_000 }, () => {
  const dir = makeTempDir('irc-certificate');

  async function makeCertificate(name: string): Promise<Certificate> {
    const [certFile, keyFile] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const made = await execute(
      'openssl',
      ['req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', certFile],
      { cwd: dir, timeoutMs: 20_000 },
    );
    assert.equal(made.code, 0, made.stderr);
    const { fingerprint256 } = new X509Certificate(readFileSync(certFile));
    return { certFile, keyFile, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
  }

  /** Ergo with a TLS port, and an account that knows the bot's certificate. */
  async function scene(t: TestContext, name: string) {
    const [server, bot, wrong, tlsPort] = [
      await makeCertificate(`${name}-server`),
      await makeCertificate(`${name}-bot`),
      await makeCertificate(`${name}-wrong`),
      await freePort(),
    ];
    const tls = { tls: { cert: server.certFile, key: server.keyFile } };
    const ergo = await startErgo({
      dir: join(dir, name),
      overrides: { server: { listeners: { [`127.0.0.1:${tlsPort}`]: tls } } },
    });
    t.after(() => ergo.stop());
    const owner = await IrcUser.connect({ port: ergo.ports.irc, nick: 'bridge' });
    owner.sendLine('REGISTER * * pw-bridge');
    await owner.waitFor(({ command, params }) => command === 'REGISTER' && params[0] === 'SUCCESS');
    owner.sendLine(`NS CERT ADD ${bot.fingerprint}`);
    await owner.waitFor(({ nick, params }) => nick === 'NickServ' && /added/i.test(params[1] ?? ''));
    await owner.quit();
    const connect = (client: Certificate, fingerprint = server.fingerprint) => {
      const world = new NetworkWorld({
        port: tlsPort,
        config: {
          server: { host: '127.0.0.1', port: tlsPort, tls: true, tlsFingerprint: fingerprint },
          bot: {
            nick: 'bridge',
            sasl: { mechanism: 'external', user: 'bridge', certFile: client.certFile, keyFile: client.keyFile },
          },
        },
      });
      t.after(() => world.network.stop('bye'));
      return world;
    };
    return { ergo, bot, wrong, connect };
  }

  test('lets the bot in under its account, and its people with it', async (t) => {
    const { ergo, bot, connect } = await scene(t, 'good');
    const world = connect(bot);
    await world.listening();
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    carol.sendLine('WHOIS bridge');
    const account = await carol.waitFor(({ command }) => command === '330' || command === '318');
    assert.deepEqual(account.params.slice(1, 3), ['bridge', 'bridge']);
    assert.equal((await world.say(person('Alice'), 'over TLS')).ok, true);
    await carol.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === 'over TLS');
  });

  test('with the wrong certificate it joins as nobody, and a sentence says why', async (t) => {
    const { wrong, connect } = await scene(t, 'wrong');
    const world = connect(wrong);
    const problem = await waitUntil(() => world.network.status().problem);
    assert.match(
      problem,
      /^The IRC server did not let us in: the login of account bridge by EXTERNAL failed \(.+\); check the account and its certificate\.$/,
    );
    assert.equal(world.network.status().state, 'refused');
    assert.equal(world.network.status().channels.get('#commons')?.joined, false);
  });

  test('another server’s certificate is not talked to, and the sentence names its fingerprint', async (t) => {
    const { bot, connect } = await scene(t, 'other');
    const world = connect(bot, 'ab'.repeat(32));
    const problem = await waitUntil(() => world.network.status().problem);
    assert.match(problem, /shows another certificate than server\.tlsFingerprint names.*: [0-9a-f]{64}$/);
  });
});
