import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outage } from '../../src/irc/listening/outage.ts';
import type { Log } from '../../src/ports/log.ts';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

function spy(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log: Log = {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    with: () => log,
  };
  return { log, lines };
}

test('an outage is said once per cause, and again in the next one', () => {
  const { log, lines } = spy();
  const outage = new Outage(log);
  const [away, wrong] = [
    { code: 'irc_lost', text: 'away' },
    { code: 'irc_sasl_failed', text: 'wrong' },
  ];
  assert.equal(outage.over(0), undefined);
  for (const [at, error] of [away, away, wrong, away, wrong].entries()) outage.failed(error, 1000 + at, {});
  assert.equal(outage.over(61_000), 60_000);
  outage.failed(away, 70_000, {});
  assert.deepEqual(lines, ['warn away', 'debug away', 'warn wrong', 'debug away', 'debug wrong', 'warn away']);
});

test('numbers make no new cause, and not everything that a server says is heard', () => {
  const { log, lines } = spy();
  const outage = new Outage(log);
  for (let at = 0; at < 5; at++) outage.failed({ code: 'x', text: `try again in ${at} s` }, at, {});
  for (let at = 0; at < 50; at++) outage.failed({ code: `y${at}`, text: 'z' }, at, {});
  assert.equal(lines.filter((line) => line.startsWith('warn')).length, 10);
});

test('while the server is away the log says so once, and for how long when it is back', async (t) => {
  const server = await FakeIrcServer.start();
  const world = new NetworkWorld({ port: server.port });
  t.after(() => world.network.stop('bye'));
  await world.listening();
  await server.stop();
  const tries = () => world.logged.filter((line) => line.includes('does not answer')).length;
  await waitUntil(() => tries() >= 3, { what: 'three tries' });
  const warnings = world.logged.filter((line) => line.startsWith('warn'));
  assert.deepEqual(
    warnings.map((line) => /was lost|does not answer/.exec(line)?.[0]),
    ['was lost', 'does not answer'],
  );
});

test('a password that is wrong is said once', async (t) => {
  let attempts = 0;
  const server = await FakeIrcServer.start({
    caps: 'sasl=PLAIN',
    answer: (_, command, params) => {
      if (command !== 'AUTHENTICATE') return undefined;
      if (params[0] === 'PLAIN') return ['AUTHENTICATE +'];
      attempts++;
      return [':fake.test 904 * :SASL authentication failed'];
    },
  });
  const world = new NetworkWorld({
    port: server.port,
    config: { bot: { nick: 'causeway', sasl: { user: 'causeway', password: 'wrong-password' } } },
    timings: { backoffFirstMs: 10, backoffMaxMs: 50 },
  });
  t.after(async () => {
    await world.network.stop('bye');
    await server.stop();
  });
  await waitUntil(() => attempts >= 4, { what: 'four attempts' });
  const said = world.logged.filter((line) => line.includes('SASL authentication failed'));
  assert.equal(said.filter((line) => line.startsWith('warn')).length, 1);
  assert.equal(said.filter((line) => !line.startsWith('debug')).length, 1);
  assert.equal(
    world.logged.some((line) => line.includes('wrong-password')),
    false,
  );
});
