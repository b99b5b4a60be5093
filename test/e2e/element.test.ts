import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ElementView, openElement } from '../servers/element.ts';
import { type Shard, startShard } from './shard.ts';

describe('what members see in Element', () => {
  let shard: Shard;
  let view: ElementView;

  before(async () => {
    shard = await startShard('element', { channels: ['#commons'] });
    view = await openElement({
      homeserverUrl: shard.dendrite.url,
      serverName: 'shard.test',
      viewer: shard.person('alice'),
    });
  });

  after(async () => {
    await view?.close();
    await shard?.stop();
  });

  test('a line from IRC', async () => {
    const rosa = await shard.ircUser('rosa');
    rosa.say('#commons', 'the beans are up');
    await view.open(shard.room('#commons'));
    await view.shows('the beans are up');
    mkdirSync('/tmp/h/element/shots', { recursive: true });
    await view.page.screenshot({ path: join('/tmp/h/element/shots', 'first.png') });
  });
});
