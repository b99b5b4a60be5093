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
});
