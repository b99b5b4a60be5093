import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitUntil } from '../../servers/people.ts';
import { freeqWorld } from './freeq-world.ts';

const MEMBER = 'did:plc:membermembermember';

describe('people of another server in a channel', { timeout: 60_000 }, () => {
  test('have no account here, whatever comes with their joining: nobody becomes a member by another server’s word', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.listening();
    const bot = server.session('causeway');
    bot?.send(`:zed!zed@s2s JOIN #commons ${MEMBER} :zed`, `:zed!zed@s2s ACCOUNT ${MEMBER}`);
    bot?.send(`:ann!ann@freeq/plc/memberme JOIN #commons ${MEMBER} :ann`);
    const joined = () => world.rosterChanges.flatMap(({ change }) => (change.kind === 'join' ? [change.member] : []));
    await waitUntil(() => joined().some(({ nick }) => nick === 'ann'), { what: 'the people' });
    assert.deepEqual(
      joined().map(({ nick, account }) => [nick, account]),
      [
        ['zed', null],
        ['ann', MEMBER],
      ],
    );
    const members = world.network.guard?.members('#commons') ?? [];
    assert.deepEqual(
      members.map(({ nick, account }) => [nick, account]),
      [['ann', MEMBER]],
    );
  });
  test('stay people of that server by every name, and take nobody of this one along', async (t) => {
    const { server, world } = await freeqWorld(t);
    await world.listening();
    const bot = server.session('causeway');
    bot?.send(`:ann!ann@freeq/plc/memberme JOIN #commons ${MEMBER} :ann`, ':zed!zed@s2s JOIN #commons * :zed');
    // What a peer's namesakes of ann and of the bot do, and a topic by one.
    bot?.send(':ann!remote@s2s NICK :mallory', ':ann!ann@s2s PART #commons', ':ann!ann@s2s QUIT :gone');
    bot?.send(':causeway!causeway@s2s PART #commons', ':causeway TOPIC #commons :not by the bot');
    bot?.send(':zed!remote@s2s NICK :zoe');
    const renamed = () => world.rosterChanges.flatMap(({ change }) => (change.kind === 'rename' ? [change] : []));
    await waitUntil(() => renamed().length > 0, { what: 'the new name' });
    assert.deepEqual(
      renamed().map(({ from, to }) => [from, to]),
      [
        [
          { nick: 'zed', account: null, origin: '?' },
          { nick: 'zoe', account: null, origin: '?' },
        ],
      ],
    );
    assert.deepEqual(world.network.guard?.members('#commons'), [{ nick: 'ann', account: MEMBER }]);
    assert.deepEqual(
      world.rosterChanges.filter(({ change }) => change.kind === 'leave'),
      [],
    );
    assert.equal(world.network.status().channels.get('#commons')?.joined, true);
    const topics = world.memory.events.flatMap((event) => (event.kind === 'topic' ? [event] : []));
    assert.deepEqual(
      topics.map(({ own, source }) => [own, source.origin]),
      [[false, '?']],
    );
  });
});
