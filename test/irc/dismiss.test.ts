import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeIrcServer } from '../fakes/irc-server.ts';
import { NetworkWorld, person } from '../fakes/network-world.ts';
import { waitUntil } from '../servers/people.ts';

const [LOST, KEPT] = ['#commons', '#other'];

describe('somebody who may not speak in a channel any more', { timeout: 60_000 }, () => {
  for (const mode of ['relay', 'each'] as const) {
    test(`says nothing there of what waits for the pace, and goes on elsewhere (${mode})`, async (t) => {
      const server = await FakeIrcServer.start();
      const config = { puppets: { mode }, pace: { burst: 1, perSecond: 20 } };
      const world = new NetworkWorld({ port: server.port, config, channels: [LOST, KEPT] });
      t.after(async () => {
        await world.network.stop('bye');
        await server.stop();
      });
      await world.listening(KEPT);
      const alice = person('Alice');
      const voices = [await world.network.voice(alice, LOST), await world.network.voice(alice, KEPT)];
      const speaker = await server.client(mode === 'relay' ? 'causeway' : 'Alice');
      const sendings = [0, 1, 2].flatMap((number) =>
        voices.map((voice, where) => {
          assert.ok(voice.ok, JSON.stringify(voice));
          const parts = [`line ${number} of ${where}`];
          return voice.value.say({ id: `${where}-${number}`, style: 'text', parts }).confirmed;
        }),
      );
      await speaker.got(/line 0 of 0/);
      await world.network.dismiss(alice.userId, LOST.toUpperCase(), 'not admitted any more');
      const results = await Promise.all(sendings);
      assert.deepEqual(
        results.map((result) => (result.ok ? 'ok' : result.error.code)),
        ['ok', 'ok', 'irc_not_sent', 'ok', 'irc_not_sent', 'ok'],
      );
      await waitUntil(() => speaker.lines.some((line) => line.endsWith('line 2 of 1')));
      const said = speaker.lines.flatMap((line) => /line \d of \d/.exec(line)?.[0] ?? []);
      assert.deepEqual(said, ['line 0 of 0', 'line 0 of 1', 'line 1 of 1', 'line 2 of 1']);
    });
  }
});
