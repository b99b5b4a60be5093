import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson } from '../fakes/freeq/person.ts';
import { ScriptedPeer } from '../fakes/freeq/scripted-peer.ts';
import { FreeqServer } from '../fakes/freeq/server.ts';
import { type ElementView, openElement } from '../servers/element.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
/** Where pictures stay, for `docs/`; nobody compares them, since fonts differ from machine to machine. */
const PICTURES = process.env.CAUSEWAY_PICTURES ?? makeTempDir('pictures');

describe('who vouches, as members see it in Element', { timeout: 300_000 }, () => {
  let server: FreeqServer;
  let shard: Shard;
  let frida: FreeqPerson;
  let view: ElementView;
  let room: string;

  before(async () => {
    await mkdir(PICTURES, { recursive: true });
    server = await FreeqServer.start();
    const keys = join(makeTempDir('element-identity-keys'), 'keys');
    shard = await startShard('element-identity', {
      ircPort: server.ports.irc,
      channels: [{ channel: CHANNEL, topic: 'What concerns everybody' }],
      network: { kind: 'freeq', name: 'freeq', freeq: { keys, web: 'https://freeq.willow.example' } },
      config: { cooperative: { name: 'Willow' } },
    });
    room = shard.room(CHANNEL);
    const alice = shard.person('alice');
    frida = await FreeqPerson.connect(server.ports.irc, { nick: 'frida', key: makeKeyHolder(), channels: [CHANNEL] });
    frida.say(CHANNEL, 'the seeds are here');
    const peer = ScriptedPeer.on(server, 'oak.example');
    peer.say('frida', CHANNEL, 'so are ours', { account: 'did:plc:oakfridaoakfrida' });
    peer.join('frida_via_willow.example', CHANNEL);
    peer.say('frida_via_willow.example', CHANNEL, 'and mine');
    for (const text of ['the seeds are here', 'so are ours', 'and mine'])
      await alice.waitFor(({ content }) => content.body === text, { what: `"${text}" in the room` });
    const relates = async (text: string): Promise<Record<string, unknown>> => {
      const { event_id } = await alice.waitFor(({ content }) => content.body === text);
      return { 'm.relates_to': { 'm.in_reply_to': { event_id } } };
    };
    await alice.send(room, '!causeway whois', await relates('so are ours'));
    await alice.waitFor(({ content }) => /alone vouches for it/.test(String(content.body)), { what: 'an answer' });
    view = await openElement({ homeserverUrl: shard.dendrite.url, serverName: 'shard.test', viewer: alice });
    await view.open(room);
  });
  after(async () => {
    await view?.close();
    frida?.vanish();
    await shard?.stop();
    await server?.stop();
  });

  test('each name says where it is from, also where it was chosen to say something else', async () => {
    await view.shows('and mine');
    const names = await view.page.locator('.mx_EventTile .mx_DisambiguatedProfile_displayName').allInnerTexts();
    const shown = new Set(names.filter((name) => name.startsWith('frida')));
    assert.deepEqual(
      shown,
      new Set(['frida (freeq)', 'frida via oak.example', 'frida…willow.example via oak.example']),
    );
  });

  test('the topic says with what the room is bridged, and whose server that is', async () => {
    await view.page.getByRole('button', { name: 'Room info' }).first().click();
    const topic = view.page.locator('.mx_RightPanel').getByText('bridged with freeq').first();
    await topic.waitFor();
    assert.equal(await topic.innerText(), 'What concerns everybody | bridged with freeq #commons (not our server)');
    // What Element tells everybody once, one after the other.
    for (let told = 0; told < 2; told++)
      await view.page
        .getByRole('button', { name: /^ok$/i })
        .first()
        .click({ timeout: 3_000 })
        .catch(() => undefined);
  });

  test('the menu of a message has the page where the network says what it can check of it', async () => {
    const tile = view.page.locator('.mx_EventTile', { hasText: 'so are ours' }).first();
    await tile.hover();
    await tile.getByRole('button', { name: 'Options' }).click();
    const link = view.page.getByRole('menuitem', { name: 'Source URL' });
    await link.waitFor();
    assert.match(
      (await link.getAttribute('href')) ?? '',
      /^https:\/\/freeq\.willow\.example\/api\/v1\/verify\/[0-9A-Z]{26}$/,
    );
    await view.page.screenshot({ path: join(PICTURES, 'identity.png') });
  });
});
