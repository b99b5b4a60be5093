import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ElementView, openElement } from '../servers/element.ts';
import type { IrcUser } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Cooperative, startCooperative } from './cooperative.ts';

/** Where pictures stay, for `docs/`; nobody compares them, since fonts differ from machine to machine. */
const PICTURES = process.env.CAUSEWAY_PICTURES ?? makeTempDir('pictures');

describe('what members see in Element', () => {
  let coop: Cooperative;
  let view: ElementView;
  let rosa: IrcUser;
  let commons: string;

  const picture = (name: string): Promise<unknown> => view.page.screenshot({ path: join(PICTURES, `${name}.png`) });

  before(async () => {
    await mkdir(PICTURES, { recursive: true });
    coop = await startCooperative(
      'element',
      ['ada', 'bea'],
      { ada: { roles: ['council'], groups: ['garden'] }, bea: { groups: ['garden'] } },
      {
        channels: [
          { channel: '#commons', require: 'none', topic: 'What concerns everybody' },
          { channel: '#garden', group: 'garden' },
        ],
      },
    );
    await coop.until('willow', 'ada', 'invite');
    for (const room of ['garden', 'commons']) await coop.opened(room, room === 'garden' ? 'restricted' : 'public');
    for (const room of ['willow', 'willow-garden', 'garden', 'commons']) await coop.enter(room, 'ada');
    await coop.shard.person('ada').setDisplayName('Ada');
    commons = await coop.room('commons');
    rosa = await coop.shard.ircUser('rosa', { channels: ['#commons'] });
    view = await openElement({
      homeserverUrl: coop.shard.dendrite.url,
      serverName: 'shard.test',
      viewer: coop.shard.person('ada'),
    });
  });

  after(async () => {
    await view?.close();
    await coop?.shard.stop();
  });

  test('the cooperative’s Space, with its rooms and the groups that it has', async () => {
    await view.open(await coop.room('willow'));
    await view.shows('Garden');
    await view.shows('#commons');
    await picture('space');
  });

  test('lines from IRC under names that say where they come from, with their looks', async () => {
    rosa.say('#commons', 'the beans are \x02up\x02, see \x1dbed four\x1d');
    rosa.say('#commons', 'Ada: will you water them?');
    await view.open(commons);
    await view.shows('will you water them?');
    await view.page.locator('.mx_EventTile_body strong', { hasText: 'up' }).waitFor();
    await view.page.locator('.mx_EventTile_body .mx_Pill', { hasText: 'Ada' }).waitFor();
    await view.page.locator('.mx_DisambiguatedProfile', { hasText: 'rosa (IRC)' }).first().waitFor();
    await picture('room');
  });

  test('which network and channel a room is bridged to', async () => {
    const action = { action: 'open_room_settings', room_id: commons, initial_tab_id: 'ROOM_BRIDGES_TAB' };
    await view.page.evaluate(`mxDispatcher.dispatch(${JSON.stringify(action)})`);
    await view.shows(/This room is bridging messages to the following platforms/);
    await view.shows(/home/);
    await picture('bridge-information');
    await view.page.keyboard.press('Escape');
  });
});
