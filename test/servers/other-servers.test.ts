import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { startErgo } from './ergo.ts';
import { startInspircd } from './inspircd.ts';
import { startMariadb } from './mariadb.ts';
import { startNgircd } from './ngircd.ts';
import { IrcUser, waitUntil } from './people.ts';
import { startPostgres } from './postgres.ts';
import { makeTempDir } from './temp-dir.ts';

describe('the other servers of the tests', () => {
  const dir = makeTempDir('servers');

  for (const [name, start] of [
    ['InspIRCd', startInspircd],
    ['ngIRCd', startNgircd],
  ] as const) {
    test(`two people talk on ${name}`, async () => {
      const server = await start({ dir: join(dir, name) });
      after(() => server.stop());
      const carol = await IrcUser.connect({ port: server.ports.irc, nick: 'carol', channels: ['#commons'] });
      const dave = await IrcUser.connect({ port: server.ports.irc, nick: 'dave', channels: ['#commons'] });
      carol.say('#commons', 'hello');
      const heard = await dave.waitFor((line) => line.command === 'PRIVMSG');
      assert.deepEqual([heard.nick, ...heard.params], ['carol', '#commons', 'hello']);
      assert.equal(carol.caps.has('message-tags'), name === 'InspIRCd');
      await server.restart();
      await waitUntil(() => !carol.isOpen, { what: 'the end of the connection to be seen' });
    });
  }

  test('Ergo on MariaDB still has its history after a kill -9', async () => {
    const mariadb = await startMariadb({ dir: join(dir, 'mariadb') });
    after(() => mariadb.stop());
    const ergo = await startErgo({ dir: join(dir, 'ergo'), history: mariadb.ergoHistory });
    after(() => ergo.stop());
    const carol = await IrcUser.connect({ port: ergo.ports.irc, nick: 'carol', channels: ['#commons'] });
    carol.say('#commons', 'do you remember?');
    await carol.waitFor((line) => line.command === 'PRIVMSG');
    await ergo.kill9();
    await ergo.start();
    const caps = ['batch', 'server-time', 'message-tags', 'draft/chathistory'];
    const dave = await IrcUser.connect({ port: ergo.ports.irc, nick: 'dave', channels: ['#commons'], caps });
    dave.sendLine('CHATHISTORY LATEST #commons * 10');
    const replayed = await dave.waitFor(
      (line) => line.command === 'PRIVMSG' && line.tags.batch !== undefined && line.nick !== 'HistServ',
    );
    assert.deepEqual([replayed.nick, ...replayed.params], ['carol', '#commons', 'do you remember?']);
  });

  test('PostgreSQL keeps what was committed through a kill -9', async () => {
    const postgres = await startPostgres({ dir: join(dir, 'postgres') });
    after(() => postgres.stop());
    const connectionString = await postgres.createDatabase('bridge');
    const query = async (sql: string): Promise<unknown[]> => {
      const client = new Client({ connectionString });
      await client.connect();
      const { rows } = await client.query(sql);
      await client.end();
      return rows;
    };
    await query("CREATE TABLE kept (line text); INSERT INTO kept VALUES ('hello')");
    await postgres.kill9();
    await postgres.start();
    assert.deepEqual(await query('SELECT line FROM kept'), [{ line: 'hello' }]);
  });
});
