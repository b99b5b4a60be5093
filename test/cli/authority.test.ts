import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { runAuthority } from '../../src/cli/authority.ts';
import { listen } from '../../src/http/http-server.ts';
import { makeOperationsApp, type OperationsParts } from '../../src/http/operations-app.ts';
import type { Log } from '../../src/ports/log.ts';
import { healthyReport } from '../http/report.ts';

const silent: Log = { error() {}, warn() {}, info() {}, debug() {}, with: () => silent };

/** A real operations server with these sources. @returns its address */
async function served(t: TestContext, sources: Pick<OperationsParts, 'explain' | 'confirm'>): Promise<string> {
  const app = makeOperationsApp({
    status: { report: async () => healthyReport },
    metrics: { contentType: 'text/plain', text: async () => '' },
    log: silent,
    lateMs: () => 0,
    stopping: () => false,
    ...sources,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  assert.ok(server.ok);
  t.after(() => server.value.close());
  return `127.0.0.1:${server.value.port}`;
}

async function ran(...argv: string[]): Promise<readonly [code: number, printed: string, complained: string]> {
  let printed = '';
  let complained = '';
  const code = await runAuthority(argv, {
    folder: import.meta.dirname,
    print: (text) => {
      printed += text;
    },
    complain: (text) => {
      complained += text;
    },
  });
  return [code, printed, complained.replaceAll(/:\d{4,5}\b/g, ':PORT')];
}

describe('causeway authority', () => {
  test('explains a person, everywhere or in one room, and lets nobody write on the terminal', async (t) => {
    const url = await served(t, {
      explain: { explain: async (person, room) => [`${person} in ${room ?? 'all rooms'}`, 'evil \u001b[2J'] },
    });
    assert.deepEqual(await ran('explain', '@ann:willow.test', '--url', url), [
      0,
      '@ann:willow.test in all rooms\nevil \ufffd[2J\n',
      '',
    ]);
    assert.deepEqual(await ran('explain', 'Änn & Co', '#garden', '--url', url), [
      0,
      'Änn & Co in #garden\nevil \ufffd[2J\n',
      '',
    ]);
  });

  test('confirms a plan by its hash, and says who did and what became of it', async (t) => {
    const heard: string[][] = [];
    const url = await served(t, {
      confirm: {
        confirm: async (...asked) => {
          heard.push(asked);
          return asked[0] === 'abcd'
            ? { ok: true, text: 'It goes on.' }
            : { ok: false, text: 'There is no such plan.' };
        },
      },
    });
    assert.deepEqual(await ran('confirm', 'abcd', '--url', url), [0, 'It goes on.\n', '']);
    assert.deepEqual(await ran('confirm', 'abce', '--url', url), [1, '', 'There is no such plan.\n']);
    const [code, , complained] = await ran('confirm', '../x', '--url', url);
    assert.deepEqual([code, complained.startsWith('Send {"hash"')], [1, true]);
    const by = `command line (${userInfo().username})`;
    assert.deepEqual(heard, [
      ['abcd', by],
      ['abce', by],
    ]);
  });

  test('says how to start a bridge that does not run', async (t) => {
    const url = await served(t, {});
    assert.deepEqual(await ran('explain', 'ann', '--url', url), [
      1,
      '',
      'This bridge asks no authority (authority.source: none): it lets everybody in.\n',
    ]);
    const taken = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    assert.deepEqual(await ran('explain', 'ann', '--url', `127.0.0.1:${port}`), [
      2,
      '',
      'Something other than Causeway answers at http://127.0.0.1:PORT/authority/explain.\n',
    ]);
    await new Promise((resolve) => taken.close(resolve));
    assert.deepEqual(await ran('explain', 'ann', '--url', `127.0.0.1:${port}`), [
      2,
      '',
      'Causeway does not answer at http://127.0.0.1:PORT/authority/explain (ECONNREFUSED). Is it running? `causeway run` starts it; if it listens elsewhere, say where with --url. (The address is from --url.)\n',
    ]);
  });

  test('says what it takes', async () => {
    const usage = 'Say `causeway authority explain PERSON [ROOM]` or `causeway authority confirm HASH`.\n';
    for (const argv of [[], ['explain'], ['explain', 'a', 'b', 'c'], ['confirm'], ['toString', 'x']])
      assert.deepEqual(await ran(...argv), [2, '', usage]);
    assert.deepEqual(await ran('explain', 'ann', '--ulr=x'), [
      2,
      '',
      'causeway authority has no option --ulr. Did you mean --url? `causeway authority --help` lists what it takes.\n',
    ]);
  });
});
