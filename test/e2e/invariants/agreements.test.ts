import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, type MatrixUser, waitUntil } from '../../servers/people.ts';
import { everything, startTwoShards, type TwoShards } from './two-shards.ts';

const COMMONS = '#commons';
const GARDEN = '#garden';
const channels = [
  { channel: COMMONS, federate: true, guard: false },
  { channel: GARDEN, federate: true, guard: false },
];

describe('agreements with another shard, between homeservers that federate', { timeout: 240_000 }, () => {
  let shards: TwoShards;
  let witness: IrcUser;
  let vera: MatrixUser;
  const members = { ada: { roles: ['council'] } };

  before(async () => {
    shards = await startTwoShards('agreements', members, { channels });
    vera = await shards.visitor('vera');
    witness = await shards.coop.shard.ircUser('witness', { channels: [COMMONS] });
  });
  after(async () => {
    await witness?.quit();
    await shards?.stop();
  });

  test('a visitor comes in by a real invitation, speaks, and is shut out with the agreement (invariant 32)', async () => {
    await waitUntil(async () => `${await shards.acl('commons')}` === 'localhost', {
      timeoutMs: 20_000,
      what: 'the list of servers',
    });
    await shards.agree([shards.agreement({ grants: everything(COMMONS) })]);
    const room = await shards.comeIn(vera, 'commons');
    assert.deepEqual(await shards.acl('commons'), ['127.0.0.1', 'localhost']);
    await vera.send(room, 'hello from elm');
    await witness.waitFor(({ params }) => params[1]?.includes('hello from elm') === true, {
      timeoutMs: 15_000,
      what: 'the line',
    });

    const since = shards.coop.mark();
    await shards.agree([shards.agreement({ grants: everything(COMMONS), state: 'revoked', endedBy: 'willow-vote-8' })]);
    await shards.until('commons', vera.userId, 'leave');
    assert.deepEqual(await shards.acl('commons'), ['localhost']);
    const writes = shards.coop.writes(since).flatMap((write) => /server_acl|kick/.exec(write) ?? []);
    assert.deepEqual(writes, ['server_acl', 'server_acl', 'kick']);
  });
});
