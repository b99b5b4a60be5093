import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { loadState } from '../../src/sandbox/state.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const ports = async () => ({
  homeserver: await freePort(),
  irc: await freePort(),
  appservice: await freePort(),
  http: await freePort(),
  pages: await freePort(),
});

describe('what a sandbox remembers', () => {
  test('is the same at the next start', async () => {
    const dir = makeTempDir('state');
    const first = await loadState(dir, await ports());
    const second = await loadState(dir);
    assert.deepEqual([first.known, second.known, second.moved], [false, true, []]);
    assert.deepEqual(second.state, first.state);
    assert.deepEqual(
      first.state.people.map(({ name }) => name),
      ['alice', 'bob', 'erin', 'frank', 'grace'],
    );
  });

  test('may be of an earlier version: who is there keeps the password, who is missing is added', async () => {
    const dir = makeTempDir('state');
    const people = [
      { name: 'alice', password: 'a' },
      { name: 'bob', password: 'b' },
    ];
    const bot = { account: 'causeway', password: 'c', registered: true };
    const earlier = { serverName: 'localhost', ports: await ports(), people, bot };
    writeFileSync(join(dir, 'state.json'), JSON.stringify(earlier));
    const { state } = await loadState(dir);
    const { ircPeople, onIrc, ...rest } = state;
    assert.deepEqual(rest, { ...earlier, people: [...people, ...state.people.slice(2)] });
    assert.deepEqual(
      [state.people.map(({ name }) => name), ircPeople.map(({ name }) => name), onIrc],
      [
        ['alice', 'bob', 'erin', 'frank', 'grace'],
        ['carol', 'erin'],
        ['#commons', '#garden'],
      ],
    );
    assert.deepEqual(JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')), state);
  });
});
