import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asNetworkId } from '../../../src/core/ids.ts';
import { aliasOf, initialState, namespaceAlias, portalPowerLevels } from '../../../src/core/room/portal-room.ts';

const BOT = '@_causeway_bot:x';
const garden = {
  network: asNetworkId('home'),
  networkName: 'Home',
  protocol: 'irc',
  trust: 'own',
  channel: '#Gärten',
  name: 'Gardens',
} as const;

describe('a room that the bridge makes', () => {
  test('says in both ways which channel it is, lets no guests in, and shows what was said', () => {
    const content = {
      bridgebot: BOT,
      protocol: { id: 'irc', displayname: 'IRC' },
      network: { id: 'home', displayname: 'Home (our own server)' },
      channel: { id: '#Gärten', displayname: '#Gärten' },
      'coop.causeway.bridge': { network: 'home', channel: '#Gärten', trust: 'own' },
    };
    const state_key = 'coop.causeway://home/=23_g=c3=a4rten';
    assert.deepEqual(initialState(garden, BOT), [
      { type: 'm.bridge', state_key, content },
      { type: 'uk.half-shot.bridge', state_key, content },
      { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
      { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'shared' } },
    ]);
  });

  test('gives the bot the highest power, and names it only where the version asks for that', () => {
    assert.deepEqual(
      ['10', '11', '12'].map((version) => portalPowerLevels(BOT, version).users),
      [{ [BOT]: 100 }, { [BOT]: 100 }, {}],
    );
  });

  test('lets nobody without power invite outsiders', () => {
    assert.equal(portalPowerLevels(BOT, '12').invite, 50);
  });
});

describe('addresses of rooms', () => {
  test('as the configuration writes them', () => {
    assert.deepEqual(
      ['#garden', '#garden:other', '!id:x'].map((room) => aliasOf(room, 'x')),
      ['#garden:x', '#garden:other', undefined],
    );
  });

  test('in our own namespace', () => {
    assert.equal(namespaceAlias(garden.network, garden.channel, 'x'), '#_causeway_home_=23_g=c3=a4rten:x');
  });
});
