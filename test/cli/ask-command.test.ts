import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { askCommand } from '../../src/cli/ask-command.ts';
import { runStatus } from '../../src/cli/status.ts';
import { commandToken } from '../../src/config/command-token.ts';
import { isAskedName } from '../../src/core/commands/command-table.ts';
import type { CommandSource } from '../../src/ports/commands.ts';
import { goodConfig, goodRegistration, inFolder } from '../config/fixture.ts';
import { servedOperations } from '../http/operations.ts';

/** A real operations server, which answers so. @returns its address */
async function served(t: TestContext, ask: CommandSource['ask'], asToken = '1'.repeat(64)): Promise<string> {
  const port = await servedOperations(t, { commands: { source: { ask }, token: commandToken(asToken) } });
  return `127.0.0.1:${port}`;
}

const NOT_PROVEN =
  'did not prove that it knows the registration of this bridge, so it was asked nothing. Either it is a bridge of another registration (name its configuration with --config), or a program that took its place. (The address is from --url.)';

type Ran = readonly [code: number, printed: string, complained: string];

/** The command in a folder with a configuration and its registration. */
async function ran(folder: string, name: string, ...argv: string[]): Promise<Ran> {
  let printed = '';
  let complained = '';
  assert.ok(isAskedName(name));
  const around = {
    folder,
    print: (text: string) => {
      printed += text;
    },
    complain: (text: string) => {
      complained += text;
    },
  };
  const code =
    name === 'status'
      ? await runStatus(argv, { ...around, columns: 80, terminal: false, signal: AbortSignal.abort(), everyMs: 1 })
      : await askCommand(name, argv, around);
  return [code, printed, complained.replaceAll(/:\d{4,5}\b/g, ':PORT').replaceAll(folder, '/here')];
}

const withBridge = (run: (folder: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'config.yaml'), goodConfig);
    await writeFile(join(folder, 'registration.yaml'), goodRegistration());
    await run(folder);
  });

describe('a command that the running bridge is asked', () => {
  test('is asked in its own words, and its answer printed so that nobody writes on the terminal', (t) =>
    withBridge(async (folder) => {
      const heard: unknown[] = [];
      const url = await served(t, async (...asked) => {
        heard.push(asked);
        return { ok: true, text: 'ann is a member.\nevil \u001b[2J', facts: { seats: 2 } };
      });
      const text = 'ann is a member.\nevil \ufffd[2J\n';
      assert.deepEqual(await ran(folder, 'explain', 'Änn & Co', '#garden', '--url', url), [0, text, '']);
      assert.deepEqual(await ran(folder, 'whois', 'Ann', 'of', 'Elm', '--url', url), [0, text, '']);
      assert.deepEqual(await ran(folder, 'status', 'commons', '--url', url), [0, text, '']);
      const [code, json] = await ran(folder, 'names', 'commons', '--json', '--url', url);
      assert.deepEqual(
        [code, JSON.parse(json)],
        [0, { command: 'names', ok: true, text: 'ann is a member.\nevil \u001b[2J', facts: { seats: 2 } }],
      );
      const by = `command line (${userInfo().username})`;
      assert.deepEqual(heard, [
        [['explain', 'Änn & Co', '#garden'], by],
        [['whois', 'Ann', 'of', 'Elm'], by],
        [['status', 'commons'], by],
        [['names', 'commons'], by],
      ]);
    }));

  test('ends with 1 where the bridge refuses, and says why', (t) =>
    withBridge(async (folder) => {
      const url = await served(t, async () => ({ ok: false, text: 'No plan abcd is held.' }));
      assert.deepEqual(await ran(folder, 'confirm', 'abcd', '--url', url), [1, '', 'No plan abcd is held.\n']);
    }));

  test('with the wrong words says what would be right, and asks nobody', (t) =>
    withBridge(async (folder) => {
      const url = await served(t, () => Promise.reject(new Error('nobody is to be asked')));
      const wrong = async (name: string, ...argv: string[]): Promise<unknown> => {
        const [code, printed, complained] = await ran(folder, name, ...argv, '--url', url);
        assert.deepEqual([code, printed], [2, '']);
        return complained;
      };
      assert.deepEqual(
        [
          await wrong('explain'),
          await wrong('explain', 'a', 'b', 'c'),
          await wrong('names'),
          await wrong('confirm', '../x'),
          await wrong('plans', 'all'),
          await wrong('explain', 'ann', '--ulr=x'),
          await wrong('status', 'commons', '--watch'),
        ],
        [
          'Say `causeway explain PERSON [ROOM]`: PERSON is a Matrix id, a subject, or NETWORK/ACCOUNT.\n',
          'Say `causeway explain PERSON [ROOM]`; there are more words than that.\n',
          'Say `causeway names CHANNEL`: CHANNEL is a channel, NETWORK/CHANNEL, or its room; a shell wants a `#` in quotes.\n',
          'A plan is named by its hash: letters and digits, as `plans` and the admin room show it.\n',
          'causeway plans takes no word "all". `causeway plans --help` lists what it takes.\n',
          'causeway explain has no option --ulr. Did you mean --url? `causeway explain --help` lists what it takes.\n',
          '--watch and --all show every link: leave out the channel.\n',
        ],
      );
    }));

  test('is refused to whoever cannot read the registration of that bridge', (t) =>
    inFolder(async (folder) => {
      const url = await served(t, () => Promise.reject(new Error('nobody is to be asked')), '9'.repeat(64));
      const cannotRead =
        "The bridge answers whoever can read its registration, and that of config.yaml or .sandbox/config.yaml could not be read. Name the bridge's configuration with --config, and ask as a user who may read what it names; `causeway check` says what is wrong with it.\n";
      assert.deepEqual(await ran(folder, 'plans', '--url', url), [2, '', cannotRead]);
      await writeFile(join(folder, 'config.yaml'), goodConfig);
      assert.deepEqual(await ran(folder, 'plans', '--url', url), [2, '', cannotRead]);
      await writeFile(join(folder, 'registration.yaml'), goodRegistration());
      assert.deepEqual(await ran(folder, 'plans', '--url', url), [
        2,
        '',
        `What answers at http://127.0.0.1:PORT/command ${NOT_PROVEN}\n`,
      ]);
    }));

  test('is heard by no program that took the port of the bridge, and nothing that it hears is of use at the bridge', (t) =>
    withBridge(async (folder) => {
      const heard: unknown[] = [];
      const url = await served(t, async (words) => {
        heard.push(words);
        return { ok: true, text: 'done' };
      });
      /** Says the same to the bridge as was said to it, and the bridge's answer as its own. */
      const said: string[] = [];
      const thief = createServer(async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        said.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`);
        const headers = { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' };
        const answer = await fetch(`http://${url}/command`, { method: 'POST', headers, body });
        const shows = answer.headers.get('www-authenticate') ?? '';
        response.writeHead(answer.status, { 'www-authenticate': shows }).end(await answer.text());
      });
      await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
      t.after(() => thief.close());
      const { port } = thief.address() as AddressInfo;
      assert.deepEqual(await ran(folder, 'explain', 'ann', '--url', `127.0.0.1:${port}`), [
        2,
        '',
        `What answers at http://127.0.0.1:PORT/command ${NOT_PROVEN}\n`,
      ]);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', /Causeway hello=/);
      assert.doesNotMatch(said[0] ?? '', new RegExp(`explain|${'1'.repeat(64)}|${commandToken('1'.repeat(64))}`));
      assert.deepEqual(heard, []);
    }));

  test('is never sent to another machine', () =>
    withBridge(async (folder) => {
      assert.deepEqual(await ran(folder, 'plans', '--url', 'http://192.0.2.7:9010'), [
        2,
        '',
        "A bridge answers only on its own machine, and http://192.0.2.7:PORT is none of this one's addresses.\n",
      ]);
    }));

  test('says how to start a bridge that does not run, and what else listens there', () =>
    withBridge(async (folder) => {
      const taken = createServer((_request, response) => response.end('<html>'));
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      assert.deepEqual(await ran(folder, 'plans', '--url', `127.0.0.1:${port}`), [
        2,
        '',
        'Something other than Causeway answers at http://127.0.0.1:PORT/command.\n',
      ]);
      await new Promise((resolve) => taken.close(resolve));
      assert.deepEqual(await ran(folder, 'plans', '--url', `127.0.0.1:${port}`), [
        2,
        '',
        'Causeway does not answer at http://127.0.0.1:PORT/command (ECONNREFUSED). Is it running? `causeway run` starts it; if it listens elsewhere, say where with --url. (The address is from --url.)\n',
      ]);
    }));
});
