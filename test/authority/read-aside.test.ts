import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AsideReader } from '../../src/authority/file/read-aside.ts';

const LONG = 3_000;
const listOf = (count: number): string =>
  JSON.stringify({
    members: Array.from({ length: count }, (_, at) => ({ id: `member${at}`, irc: `home/member${at}` })),
  });

test('one long list after the other is read, several at once too, and a broken one between them ends nothing', async () => {
  const closing = new AbortController();
  const reader = new AsideReader(closing.signal);
  const read = async (text: string): Promise<number | string> => {
    const found = await reader.read({ file: 'm.json', text, issuer: 'x', words: { statuses: {}, roles: {} } });
    return found.kind === 'ok' ? found.value.members.length : found.reason;
  };
  assert.equal(await read(listOf(LONG)), LONG);
  assert.equal(await read(listOf(LONG + 1)), LONG + 1);
  assert.equal(await read(listOf(LONG).slice(0, -1)), 'malformed');
  assert.deepEqual(await Promise.all([LONG, LONG + 1, 2].map((count) => read(listOf(count)))), [LONG, LONG + 1, 2]);
  closing.abort();
});
