import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Asked, type AskedParts } from '../../../src/app/commands/asked.ts';
import { asNetworkId } from '../../../src/core/ids.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

test('who asks the bot something that never ends is told so after a minute', async () => {
  const clock = new ManualClock();
  const parts = {
    kit: { clock },
    enforcement: { settings: { hasAuthority: () => false } },
    identity: { whois: (_: unknown, name: string) => (name === 'stuck' ? new Promise(() => undefined) : `${name}!`) },
  };
  const asked = new Asked(parts as unknown as AskedParts);
  const ask = (name: string) => asked.onNetwork(asNetworkId('home'), { nick: 'al', account: null }, `whois ${name}`);
  assert.equal(await ask('bob'), 'bob!');
  const answer = ask('stuck');
  clock.advance(60_000);
  assert.match(await answer, /^There is no answer after a minute\./);
});
