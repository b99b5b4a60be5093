import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type MatrixUser, waitUntil } from '../../servers/people.ts';
import { everything, startTwoShards, type TwoShards } from './two-shards.ts';

const COMMONS = '#commons';
const GARDEN = '#garden';
const channels = [COMMONS, GARDEN].map((channel) => ({ channel, federate: true }));
const [US, THEM] = ['localhost', '127.0.0.1'];

describe('an agreement ends while something else goes wrong (invariant 32)', { timeout: 400_000 }, () => {
  let shards: TwoShards;
  let vera: MatrixUser;
  let version = 0;

  before(async () => {
    shards = await startTwoShards('agreement-faults', { ada: {} }, { channels });
    vera = await shards.visitor('vera');
    for (const room of ['commons', 'garden'])
      await waitUntil(async () => `${await shards.acl(room)}` === US, {
        timeoutMs: 20_000,
        what: `servers of ${room}`,
      });
  });
  after(async () => {
    await shards?.stop();
  });

  const grants = everything(COMMONS, GARDEN);
  /** The agreement in a new version, with vera in both rooms. */
  async function begin(): Promise<void> {
    version++;
    await shards.agree([shards.agreement({ grants, version })]);
    await waitUntil(async () => `${await shards.acl('garden')}` === `${THEM},${US}`, {
      timeoutMs: 20_000,
      what: 'the other server to be listed',
    });
    await shards.comeIn(vera, 'commons', { agr_ver: version });
    await shards.until('garden', vera.userId, 'invite');
    await shards.accept(vera, await shards.coop.room('garden'));
    await shards.until('garden', vera.userId, 'join');
  }
  const revoke = () =>
    shards.agree([shards.agreement({ grants, version, state: 'revoked', endedBy: `vote-${version}` })]);
  const over = async (): Promise<void> => {
    for (const room of ['commons', 'garden']) {
      await waitUntil(async () => (await shards.standing(room, vera.userId)) === 'leave', {
        timeoutMs: 60_000,
        what: `vera to be out of ${room}`,
      });
      assert.deepEqual(await shards.acl(room), [US]);
    }
    for (const room of ['commons', 'garden'])
      await waitUntil(async () => (await notices(room)).length > 0, {
        timeoutMs: 30_000,
        what: `the notice in ${room}`,
      });
  };
  const notices = async (alias: string): Promise<string[]> => {
    const events = await shards.coop.shard.bot().history(await shards.coop.room(alias));
    return events.map(({ content }) => `${content.body}`).filter((body) => body.includes(`vote-${version}`));
  };
  const order = (since: number): string[] =>
    shards.coop.writes(since).flatMap((write) => /server_acl|kick/.exec(write) ?? []);

  for (const place of ['after-agreement-cut', 'after-agreement-shut-out'])
    test(`the bridge is killed ${place}: a restart comes to the same`, async () => {
      await begin();
      const bridge = await shards.coop.shard.restartBridge({ CAUSEWAY_FAILPOINT: place });
      await revoke();
      await waitUntil(() => !bridge.isRunning(), { timeoutMs: 30_000, what: 'the bridge to be killed' });
      assert.equal(await shards.standing('commons', vera.userId), 'join', 'nobody was put out yet');
      const since = shards.coop.mark();
      await shards.coop.shard.restartBridge();
      await over();
      const writes = order(since);
      assert.ok(!writes.slice(writes.indexOf('kick')).includes('server_acl'), `${writes}`);
      assert.deepEqual([(await notices('commons')).length, (await notices('garden')).length], [1, 1]);
    });

  test('one room takes no list of servers for a while: nobody is put out of the other before it does', async () => {
    await begin();
    const garden = encodeURIComponent(await shards.coop.room('garden'));
    const since = shards.coop.mark();
    const answer = { kind: 'answer', status: 500, body: '{}' } as const;
    shards.coop.proxy.rule({
      fits: (request) => request.includes('server_acl') && request.includes(garden),
      fault: answer,
      times: 3,
    });
    await revoke();
    await over();
    const writes = order(since);
    assert.ok(!writes.slice(writes.indexOf('kick')).includes('server_acl'), `${writes}`);
    assert.ok(writes.filter((write) => write === 'server_acl').length >= 5, `${writes}`);
  });

  test('the homeserver is gone: nothing is lost of it, and the order is the same', async () => {
    await begin();
    const { dendrite } = shards.coop.shard;
    await dendrite.kill9();
    await revoke();
    await waitUntil(
      async () => {
        const { agreements = [] } = (await shards.coop.shard.status()).authority as {
          agreements?: { ending?: string }[];
        };
        return agreements[0]?.ending === 'cut';
      },
      { timeoutMs: 20_000, what: 'the agreement to be cut' },
    );
    const since = shards.coop.mark();
    await dendrite.start();
    await over();
    const writes = order(since);
    assert.ok(!writes.slice(writes.indexOf('kick')).includes('server_acl'), `${writes}`);
  });
});
