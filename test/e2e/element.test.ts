import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { PICTURE } from '../../src/sandbox/demo-conversation.ts';
import { type ElementView, openElement } from '../servers/element.ts';
import { type IrcUser, USUAL_CAPS } from '../servers/people.ts';
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

  /** @returns the msgid of a line that is in the channel */
  const said = async (text: string): Promise<string> => {
    const line = await rosa.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === text, {
      what: `"${text}" on IRC`,
    });
    return line.tags.msgid ?? '';
  };
  const tileOf = (text: string): Locator =>
    view.page.locator('.mx_EventTile', { has: view.page.locator('.mx_EventTile_body', { hasText: text }) }).last();

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
    rosa = await coop.shard.ircUser('rosa', {
      channels: ['#commons'],
      caps: [...USUAL_CAPS, 'draft/message-redaction'],
    });
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

  test('answers, corrections and reactions where Element shows its own', async () => {
    const ada = coop.shard.person('ada');
    await ada.send(commons, 'Who has the key to the shed?');
    const asked = await said('Who has the key to the shed?');
    rosa.sendLine(`@+draft/reply=${asked} PRIVMSG #commons :I have, until five`);
    rosa.sendLine(`@+draft/reply=${asked};+draft/react=🌱 TAGMSG #commons`);
    await view.shows('I have, until five');
    const answer = tileOf('I have, until five');
    await answer.locator('.mx_ReplyChain', { hasText: 'Who has the key to the shed?' }).waitFor();
    await view.page.locator('.mx_EventTile .mx_ReactionsRow', { hasText: '🌱' }).waitFor();
    // Guests may take nothing back on Ergo, but operators of the channel may.
    rosa.sendLine(`OPER ${coop.shard.ergo?.oper.name} ${coop.shard.ergo?.oper.password}`);
    rosa.sendLine('SAMODE #commons +o rosa');
    rosa.say('#commons', 'a word that nobody should read');
    const rude = await said('a word that nobody should read');
    await view.shows('a word that nobody should read');
    rosa.sendLine(`REDACT #commons ${rude}`);
    await view.page.locator('.mx_RedactedBody').first().waitFor();
    await picture('answers');
  });

  test('a thread, with what people on IRC answered in it', async () => {
    const ada = coop.shard.person('ada');
    const root = await ada.send(commons, 'Plans for spring');
    await ada.send(commons, 'Beans first?', {
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: root,
        is_falling_back: true,
        'm.in_reply_to': { event_id: root },
      },
    });
    rosa.sendLine(`@+draft/reply=${await said('Beans first?')} PRIVMSG #commons :And peas`);
    // Dendrite offers no threads to clients, so that Element shows them in line.
    await tileOf('And peas').locator('.mx_ReplyChain', { hasText: 'Beans first?' }).waitFor();
    await picture('thread');
  });

  test('a picture that a member sent, which people on IRC open by its link', async () => {
    const ada = coop.shard.person('ada');
    const url = await ada.upload(PICTURE, 'image/png');
    const info = { mimetype: 'image/png', size: PICTURE.length, w: 64, h: 64 };
    await ada.sendEvent(commons, 'm.room.message', { msgtype: 'm.image', body: 'dot.png', url, info });
    await view.page.locator('.mx_MImageBody img').last().waitFor();
    await rosa.waitFor(({ params }) => /dot\.png/.test(params[1] ?? ''), { what: 'word of the picture on IRC' });
  });

  test('why a message was not delivered, in reply to it', async () => {
    const ada = coop.shard.person('ada');
    rosa.sendLine('SAMODE #commons +m');
    await rosa.flush();
    await ada.send(commons, 'Is anybody there?');
    await view.shows(/^Not delivered to #commons: only some people may speak there now/);
    await picture('not-delivered');
    rosa.sendLine('SAMODE #commons -m');
  });

  test('who is in the room, with everybody of IRC marked', async () => {
    await view.page.evaluate(`mxDispatcher.dispatch({ action: 'view_room', room_id: ${JSON.stringify(commons)} })`);
    await view.page.locator('.mx_FacePile, .mx_RoomHeader_members').first().click();
    await view.page.locator('.mx_MemberList, .mx_RightPanel', { hasText: 'rosa (IRC)' }).first().waitFor();
    await picture('members');
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
