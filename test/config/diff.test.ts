import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConfigChanges, diffConfigs } from '../../src/config/diff.ts';
import { changed, configOf, goodConfig } from './fixture.ts';

/** What a SIGHUP says after one piece of the configuration became another; paths differ by folder, so they are kept. */
async function changesOf(before: string, after: string): Promise<ConfigChanges> {
  const [old, fresh] = [(await configOf(before)).config, (await configOf(after)).config];
  const { audit } = old.authority;
  const paths = { appservice: old.appservice, database: old.database };
  return diffConfigs({ ...old, ...paths }, { ...fresh, ...paths, authority: { ...fresh.authority, audit } });
}

const change = (piece: string, by: string, config = goodConfig): Promise<ConfigChanges> =>
  changesOf(config, changed(piece, by, config));

describe('a configuration that is read again', () => {
  test('names nothing where nothing changed', async () =>
    assert.deepEqual(await change('home', 'home'), { reload: [], restart: [] }));

  test('applies another channel at once', async () =>
    assert.deepEqual(await change('room: "#commons"', 'room: "#square"'), {
      reload: ['networks[home].channels'],
      restart: [],
    }));

  test('applies a limit at once, and leaves the nick to the next start', async () =>
    assert.deepEqual(await change('bot: {nick: causeway}', 'bot: {nick: bridge}\n    puppets: {max: 5}'), {
      reload: ['networks[home].puppets.max'],
      restart: ['networks[home].bot.nick'],
    }));

  test('leaves another network to the next start', async () =>
    assert.deepEqual(await change('id: home', 'id: away'), {
      reload: [],
      restart: ['networks[home]', 'networks[away]'],
    }));

  const cooperative = `${goodConfig}cooperative: {name: Willow, space: "#willow"}\nauthority: {source: file, path: /m.yaml}\n`;

  test('applies groups, rooms of the house and people who may ask, but not another name', async () =>
    assert.deepEqual(
      await change(
        'name: Willow, space: "#willow"',
        'name: Elm, space: "#elm", lobby: "#l", adminRoom: "#a", admins: ["@a:willow.example"], groups: [{id: a, name: A}]',
        cooperative,
      ),
      {
        reload: ['space', 'lobby', 'adminRoom', 'admins', 'groups'].map((name) => `cooperative.${name}`),
        restart: ['cooperative.name'],
      },
    ));

  test('applies limits and mode of the authority, and asks somebody else from the next start on', async () =>
    assert.deepEqual(
      await change(
        '{source: file, path: /m.yaml}',
        '{source: ldap, ldap: {url: "ldap://127.0.0.1", base: dc=x}, mode: observe, softSeconds: 5, hardSeconds: 6, statuses: {x: active}}',
        cooperative,
      ),
      {
        reload: ['mode', 'softSeconds', 'hardSeconds'].map((name) => `authority.${name}`),
        restart: ['source', 'path', 'ldap', 'statuses'].map((name) => `authority.${name}`),
      },
    ));

  test('names the key of a section that changed, and not its value', async () => {
    const ldap = '{source: ldap, ldap: {url: "ldap://127.0.0.1", base: dc=x, bindDn: cn=x, password: hunter2}}';
    const config = changed('{source: file, path: /m.yaml}', ldap, cooperative);
    assert.deepEqual(await change('hunter2', 'hunter3', config), { reload: [], restart: ['authority.ldap.password'] });
  });
});
