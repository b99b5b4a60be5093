import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startMariadb } from '../servers/mariadb.ts';
import { startNgircd } from '../servers/ngircd.ts';
import { IrcUser } from '../servers/people.ts';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Conversation, startConversation } from './conversation.ts';
import { BROKEN_OFF } from './gestures.ts';
import type { ShardOptions } from './shard.ts';
import { assertPerfect } from './traffic.ts';

/** A conversation whose bridge reaches the IRC server through something that can break. */
async function startBreakable(
  name: string,
  options: ShardOptions & { talkers?: number; matrixTalkers?: number } = {},
): Promise<{ talk: Conversation; wire: TcpProxy }> {
  const proxies: TcpProxy[] = [];
  const talk = await startConversation(name, {
    ...options,
    async ircVia(port) {
      const proxy = await startProxy(port);
      proxies.push(proxy);
      return proxy.port;
    },
  });
  const wire = proxies[0];
  if (wire === undefined) throw new Error('The proxy did not start.');
  after(() => wire.stop());
  return { talk, wire };
}

describe('our connections to IRC fail while lines flow both ways', { timeout: 900_000 }, () => {
  test('all reset at once, three times', async () => {
    const { talk, wire } = await startBreakable('irc-reset');
    await talk.through(
      async () => {
        for (let round = 0; round < 3; round++) {
          wire.reset();
          await delay(1_200);
        }
      },
      { allowed: BROKEN_OFF },
    );
  });

  test('half-open: the server is gone and nobody says so', async () => {
    const { talk, wire } = await startBreakable('irc-half-open');
    await talk.through(
      async () => {
        wire.halfOpen();
        await delay(3_000);
      },
      { allowed: BROKEN_OFF },
    );
  });

  test('killed by an operator while fifty people talk', async () => {
    const talk = await startConversation('irc-kill', { talkers: 25, matrixTalkers: 25 });
    const { ergo } = talk.shard;
    const operator = await talk.shard.ircUser('operator');
    operator.sendLine(`OPER ${ergo?.oper.name} ${ergo?.oper.password}`);
    talk.start(1_000);
    await delay(3_000);
    for (const nick of ['causeway', 'mx3', 'mx7', 'causeway', 'mx11']) {
      operator.sendLine(`KILL ${nick} :a test`);
      await delay(800);
    }
    const { toMatrix, toIrc } = await talk.end(240_000, BROKEN_OFF);
    assertPerfect('to Matrix', toMatrix);
    assertPerfect('to IRC', toIrc);
    await operator.quit();
  });
});

describe('the IRC server fails while lines flow both ways', { timeout: 900_000 }, () => {
  test('restarted, with its history kept', async () => {
    const mariadb = await startMariadb({ dir: makeTempDir('mariadb') });
    after(() => mariadb.stop());
    const talk = await startConversation('irc-history', { ergo: { history: mariadb.ergoHistory } });
    // What is said to somebody alone nobody can read up, and few clients are as quick as the bridge.
    talk.gestures?.comesBackAfterMs(3_000);
    talk.start(60);
    await delay(1_500);
    await talk.shard.ergo?.stop();
    await delay(2_000);
    await talk.shard.ergo?.start();
    await delay(3_000);
    const { toMatrix, toIrc } = await talk.end(undefined, { ...BROKEN_OFF, forgetful: true });
    assertPerfect('to Matrix', toMatrix);
    assertPerfect('to IRC', toIrc);
  });

  test('a server without history is gone for four seconds: what was said meanwhile is named', async () => {
    const ngircd = await startNgircd({ dir: makeTempDir('ngircd') });
    after(() => ngircd.stop());
    const talk = await startConversation('irc-no-history', { ircPort: ngircd.ports.irc });
    // Such a server shows nobody what was said before they came back, and few clients are as quick as the bridge.
    talk.reader.comesBackAfterMs = 3_000;
    talk.start(100);
    await delay(2_000);
    await ngircd.kill9();
    await delay(4_000);
    await ngircd.start();
    await delay(4_000);
    const { toMatrix, toIrc } = await talk.end(25_000);
    assertPerfect('to IRC', toIrc);
    assert.deepEqual({ doubled: toMatrix.doubled, outOfOrder: toMatrix.outOfOrder }, { doubled: 0, outOfOrder: 0 });
    const notices = (await talk.shard.person('alice').history(talk.shard.room(talk.channel))).filter((event) =>
      /^What was said in #commons between .* and .* UTC may be missing here/.test(String(event.content.body)),
    );
    assert.equal(notices.length, 1);
  });
});

test('a listener that cannot keep up is never closed for it: ten thousand lines in one read', {
  timeout: 300_000,
}, async () => {
  const talk = await startConversation('irc-flood', { talkers: 0, matrixTalkers: 0, onlyTalk: true });
  const flood = await IrcUser.connect({ port: talk.shard.ircPort, nick: 'flood', channels: [talk.channel] });
  const lines = Array.from({ length: 10_000 }, (_, index) => `PRIVMSG ${talk.channel} :flood says ${index + 1}`);
  flood.sendLine(lines.join('\r\n'));
  await flood.flush(60_000);
  const alice = talk.shard.person('alice');
  await alice.waitFor((event) => String(event.content.body).split('\n').includes('flood says 10000'), {
    timeoutMs: 200_000,
  });
  const seen = (await alice.history(talk.shard.room(talk.channel)))
    .filter((event) => event.sender.startsWith('@_causeway_home_flood'))
    .flatMap((event) => (event.type === 'm.room.message' ? String(event.content.body).split('\n') : []));
  assert.deepEqual(
    seen,
    Array.from({ length: 10_000 }, (_, index) => `flood says ${index + 1}`),
  );
  await flood.quit();
});
