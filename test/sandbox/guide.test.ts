import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { guide } from '../../src/sandbox/guide.ts';
import type { Dendrite } from '../../src/sandbox/servers/dendrite.ts';
import type { Ergo } from '../../src/sandbox/servers/ergo.ts';
import { loadState } from '../../src/sandbox/state.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const world = { host: '127.0.0.1', port: 6667, tls: false };
const irc = { world, ergo: {} as Ergo };
const homeserver = { url: 'http://127.0.0.1:8008', serverName: 'localhost' };
const { state } = await loadState(makeTempDir('guide'));
const ours = (dir: string) =>
  guide({ homeserver: { ...homeserver, dendrite: {} as Dendrite }, irc, state }, resolve(dir));

describe('the guide to the sandbox', () => {
  test('names everybody who can log in, with the password and what they are', async () => {
    const text = await ours('.sandbox');
    for (const { name, password } of state.people)
      assert.match(text, new RegExp(`${name} +password +${password} +\\S`));
    assert.match(text, new RegExp(`IDENTIFY carol ${state.ircPeople[0]?.password}$`, 'm'));
  });

  test('says which file to edit, and asks by commands that there are, where the folder is known without being told', async () => {
    const text = await ours('.sandbox');
    assert.match(text, /edit {2}\.sandbox\/members\.yaml/);
    assert.match(text, /node bin\/causeway\.mjs explain bob '#garden'$/m);
    assert.equal(existsSync(join(import.meta.dirname, '..', '..', 'bin', 'causeway.mjs')), true);
  });

  test('names the configuration of another folder', async () => {
    const text = await ours('elsewhere');
    assert.match(text, /explain bob '#garden' --config elsewhere\/config\.yaml$/m);
  });

  test('promises nobody who is not there: on the homeserver of somebody else the newcomer is the first member', async () => {
    const text = await guide({ homeserver, irc, state }, resolve('.sandbox'));
    assert.match(text, /put yourself in/);
    assert.doesNotMatch(text, /password|IDENTIFY|erin|bob/);
  });
});
