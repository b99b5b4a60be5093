import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { execute } from '../../../src/sandbox/execute.ts';
import { FreeqServer } from '../../fakes/freeq/server.ts';
import { NetworkWorld, person } from '../../fakes/network-world.ts';
import { waitUntil } from '../../servers/people.ts';
import { makeTempDir } from '../../servers/temp-dir.ts';

type Certificate = { readonly cert: string; readonly key: string; readonly fingerprint: string };

/** Self-signed, for this machine's own address. */
async function makeCertificate(): Promise<Certificate> {
  const dir = makeTempDir('freeq-tls');
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-subj', '/CN=freeq.test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = await execute(
    'openssl',
    ['req', '-x509', ...key, ...name, '-days', '2', '-keyout', keyFile, '-out', certFile],
    { cwd: dir, timeoutMs: 20_000 },
  );
  assert.equal(made.code, 0, made.stderr);
  const cert = readFileSync(certFile, 'utf8');
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { cert, key: readFileSync(keyFile, 'utf8'), fingerprint };
}

async function startServer(t: TestContext, { cert, key }: Certificate): Promise<FreeqServer> {
  const server = await FreeqServer.start({ tls: { cert, key } });
  t.after(() => server.stop());
  return server;
}

function bridge(t: TestContext, port: number, more: Readonly<Record<string, unknown>>): NetworkWorld {
  const world = new NetworkWorld({
    port,
    config: {
      kind: 'freeq',
      freeq: { login: 'key', keys: join(makeTempDir('freeq-tls-keys'), 'keys') },
      server: { host: '127.0.0.1', port, tls: true, ...more },
    },
  });
  t.after(() => world.network.stop('bye'));
  return world;
}

const problemOf = ({ network }: NetworkWorld): Promise<string> =>
  waitUntil(() => network.status().problem, { what: 'a problem' });

describe('freeq over TLS', { timeout: 60_000 }, () => {
  test('with the certificate that is named, for the bot and for people', async (t) => {
    const certificate = await makeCertificate();
    const server = await startServer(t, certificate);
    const world = bridge(t, server.ports.tls, { tlsFingerprint: certificate.fingerprint });
    await world.listening();
    assert.equal((await world.say(person('Alice'), 'in private')).ok, true);
    assert.deepEqual(
      server.sessions.map(({ nick, did }) => [nick, did?.slice(0, 12)]),
      [
        ['causeway', 'did:key:z6Mk'],
        ['Alice', 'did:key:z6Mk'],
      ],
    );
  });

  test('not with another one: nothing is said to it, and status tells why', async (t) => {
    const server = await startServer(t, await makeCertificate());
    const { fingerprint } = await makeCertificate();
    const pinned = bridge(t, server.ports.tls, { tlsFingerprint: fingerprint });
    assert.match(
      await problemOf(pinned),
      /shows another certificate than server\.tlsFingerprint names, so nothing was said/,
    );
    const unpinned = bridge(t, server.ports.tls, {});
    assert.match(
      await problemOf(unpinned),
      /certificate of the IRC server \S+ does not hold here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
    assert.deepEqual(
      server.sessions.flatMap(({ received }) => received),
      [],
    );
  });

  test('by a WebSocket as well, once the machine trusts the certificate', async (t) => {
    const certificate = await makeCertificate();
    const server = await startServer(t, certificate);
    const webSocket = '/irc';
    const before = bridge(t, server.ports.wss, { webSocket });
    assert.match(await problemOf(before), /the WebSocket failed, perhaps for its certificate/);
    assert.deepEqual(server.sessions, []);
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, certificate.cert]);
    t.after(() => setDefaultCACertificates(trusted));
    const world = bridge(t, server.ports.wss, { webSocket });
    await world.listening();
    assert.equal((await world.say(person('Alice'), 'over the web')).ok, true);
  });
});
