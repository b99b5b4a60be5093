import assert from 'node:assert/strict';
import { test } from 'node:test';
import { netWords } from '../../src/cli/checks/finding.ts';

test('an address with the port of IRC, where a homeserver should be, is told as that', async () => {
  const error = await fetch('http://127.0.0.1:6667/').catch((reason: unknown) => reason);
  assert.equal(netWords(error), 'that port is one of other services, such as IRC');
});
