import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type HttpProxy, startHttpProxy } from '../servers/http-proxy.ts';
import { startConversation } from './conversation.ts';

describe('the homeserver fails while lines flow both ways', { timeout: 900_000 }, () => {
  for (const how of ['SIGTERM', 'kill -9'])
    test(`gone for 8 s by ${how}`, async () => {
      const talk = await startConversation(`homeserver-${how.replaceAll(/\W/g, '')}`);
      const { dendrite } = talk.shard;
      await talk.through(async () => {
        await (how === 'SIGTERM' ? dendrite.stop() : dendrite.kill9());
        await delay(8_000);
        await dendrite.start();
      });
    });

  test('stopped for 40 s by SIGSTOP', async () => {
    const talk = await startConversation('homeserver-stopped');
    await talk.through(async () => {
      await talk.shard.dendrite.pause();
      await delay(40_000);
      talk.shard.dendrite.resume();
    });
  });

  test('restarted four times in traffic, between sends and their answers', async () => {
    const talk = await startConversation('homeserver-restarts');
    await talk.through(async () => {
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL'] as const) {
        await talk.shard.dendrite.restart(signal);
        await delay(700);
      }
    });
  });

  test('a third of its answers to our sends are dropped', async () => {
    const proxies: HttpProxy[] = [];
    const talk = await startConversation('homeserver-answers', {
      async homeserverUrl(dendrite) {
        const proxy = await startHttpProxy(dendrite.ports.http);
        proxies.push(proxy);
        return proxy.url;
      },
    });
    let sends = 0;
    await talk.through(async () => {
      const undo = proxies[0]?.rule({
        fits: (request) => request.includes('/send/') && ++sends % 3 === 0,
        fault: { kind: 'drop-response' },
      });
      await delay(6_000);
      undo?.();
    });
    await proxies[0]?.stop();
  });
});
