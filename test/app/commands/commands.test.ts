import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commandWorld } from './command-world.ts';

const ANNA = '@anna:willow.example';

describe('a command in the room of a channel', () => {
  test('is answered in reply, calls nobody but whoever asked, and goes to no channel', async () => {
    const { world, asks, answers } = await commandWorld();
    assert.match(await asks(ANNA, '!causeway help'), /^!causeway help \[COMMAND\]: what can be asked here\n/);
    const question = world.events.find(({ content }) => content.body === '!causeway help');
    const { msgtype, 'm.mentions': mentions, 'm.relates_to': relates } = answers().at(-1) ?? {};
    assert.deepEqual(
      [msgtype, mentions, relates, world.network.said],
      ['m.notice', { user_ids: [ANNA] }, { 'm.in_reply_to': { event_id: question?.event_id } }, []],
    );
  });

  test('that does not exist is answered with the nearest', async () => {
    const { asks } = await commandWorld();
    assert.match(await asks(ANNA, '!causeway mentoins off'), /Did you mean `!causeway mentions`\?/);
    assert.match(await asks(ANNA, '!causeway constructor'), /^There is no command constructor here\./);
  });
});
